/** Medians, spreads and tables. */

/** Of several measurements of one thing. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2,
    least: sorted[0],
    most: sorted.at(-1),
  };
}

/** `median (least–most)`, each written by `format`. */
export function spread({ median, least, most }, format) {
  return `${format(median)} (${format(least)}–${format(most)})`;
}

export const whole = (value) => value.toFixed(0);
export const decimals = (digits) => (value) => value.toFixed(digits);
export const percent = (value) => `${(value * 100).toFixed(0)} %`;

/** Rows of text under a heading, in columns: the first to the left, figures to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('   ')
      .trimEnd();
  return rows.map(line).join('\n');
}
