import stringWidth from 'string-width';

export interface Column {
  readonly title: string;
  /** May be cut where the terminal is too narrow. */
  readonly shrinks?: boolean;
  readonly align?: 'left' | 'right';
  /** Colours a cell, which comes padded. */
  readonly paint?: (cell: string) => string;
}

const GAP = '  ';
/** The narrowest that a column is made; less says nothing. */
const NARROWEST = 8;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Rows under their titles, in columns as a terminal shows them: a CJK character or an emoji takes two.
 *
 * @param width columns of the terminal; undefined: as wide as it becomes
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width?: number,
): string {
  const cells = rows.map((row) => row.map(printable));
  const natural = columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, stringWidth(row[index]!)), stringWidth(title)),
  );
  const widths = fit(columns, natural, width);
  const fitted = (text: string, index: number) =>
    pad(cut(text, widths[index]!), widths[index]!, columns[index]!.align);
  const painted = (text: string, index: number) =>
    columns[index]!.paint?.(fitted(text, index)) ?? fitted(text, index);

  const titles = columns.map(({ title }, index) => fitted(title, index));
  return [titles, ...cells.map((row) => row.map(painted))]
    .map((line) => line.join(GAP).trimEnd())
    .join('\n');
}

/** Names and values under each other; the names end in one line. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): string {
  const longest = Math.max(...pairs.map(([name]) => stringWidth(name)));
  return pairs
    .map(([name, value]) => `${pad(name, longest)}${GAP}${printable(value)}`.trimEnd())
    .join('\n');
}

/** Text, cut to a width with an ellipsis that counts. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Takes from the widest of those that may shrink, until it fits or none is left to take from. */
function fit(columns: readonly Column[], natural: number[], width = Infinity): number[] {
  const widths = [...natural];
  const gaps = GAP.length * (columns.length - 1);
  let excess = widths.reduce((sum, each) => sum + each, gaps) - width;
  while (excess > 0) {
    const widest = Math.max(
      ...widths.filter((each, index) => columns[index]!.shrinks && each > NARROWEST),
    );
    if (widest === -Infinity) break;
    const index = widths.findIndex((each, place) => each === widest && columns[place]!.shrinks);
    widths[index] = widest - 1;
    excess--;
  }
  return widths;
}

function pad(text: string, width: number, align: Column['align'] = 'left'): string {
  const filling = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? filling + text : text + filling;
}

/** Nothing that comes from elsewhere may move the cursor or colour the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '�');
}
