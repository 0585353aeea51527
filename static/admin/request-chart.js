import { byId, element, shape } from './elements.js';
import { count, counted, hourOfDay } from './words.js';

/** From the bottom of a bar to its top. Each differs by its pattern too, not by its colour alone. */
const KINDS = [
  { name: 'allowed', label: 'Allowed by key' },
  { name: 'allowed_public', label: 'Public' },
  { name: 'denied', label: 'Denied' },
  { name: 'error', label: 'Not decided (503)' },
];

const HEIGHT = 200;
const MARGIN = { top: 12, right: 4, bottom: 22, left: 44 };

let shown = [];

/** @param hours as `requests.by_hour` of the API has them */
export function showRequests(hours) {
  shown = hours;
  byId('legend').replaceChildren(...KINDS.map((kind) => legendEntry(kind, hours)));
  byId('hours').replaceChildren(...hours.map(hourRow));
  draw();
}

new ResizeObserver(draw).observe(byId('chart'));

function legendEntry({ name, label }, hours) {
  const swatch = shape(
    'svg',
    { class: 'swatch', viewBox: '0 0 14 14', 'aria-hidden': 'true' },
    patterns(`legend-${name}`),
    shape('rect', { width: 14, height: 14, rx: 2, fill: `url(#legend-${name}-${name})` }),
  );
  const total = hours.reduce((sum, hour) => sum + hour[name], 0);
  const figure = element('strong', { 'data-total': name }, count(total));
  return element('li', {}, swatch, element('span', {}, label), figure);
}

function hourRow(hour) {
  const cells = KINDS.map(({ name }) => element('td', { class: 'number' }, count(hour[name])));
  const time = element('time', { datetime: hour.starts_at }, hourOfDay(hour.starts_at));
  return element('tr', {}, element('th', { scope: 'row' }, time), ...cells);
}

function draw() {
  const chart = byId('chart');
  const width = chart.clientWidth;
  if (shown.length === 0 || width === 0) return;
  const max = niceMaximum(Math.max(...shown.map(totalOf)));
  const y = (value) => MARGIN.top + (1 - value / max) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const step = (width - MARGIN.left - MARGIN.right) / shown.length;

  chart.replaceChildren(
    shape(
      'svg',
      { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': describe() },
      patterns('chart'),
      ...gridLines(width, max, y),
      ...shown.map((hour, index) => bar(hour, MARGIN.left + index * step, step, y)),
      ...hourLabels(step, width),
    ),
  );
}

function bar(hour, x, step, y) {
  const gap = Math.max(1, step * 0.18);
  const parts = [];
  let below = 0;
  for (const { name } of KINDS) {
    if (hour[name] === 0) continue;
    const top = y(below + hour[name]);
    parts.push(
      shape('rect', {
        class: `bar-${name}`,
        x: x + gap / 2,
        y: top,
        width: step - gap,
        height: Math.max(1, y(below) - top),
        fill: `url(#chart-${name})`,
      }),
    );
    below += hour[name];
  }
  // What a pointer rests on; the table has it for everybody else.
  const target = shape('rect', {
    x,
    y: MARGIN.top,
    width: step,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
    fill: 'transparent',
  });
  const words = KINDS.map(({ name, label }) => `${label}: ${count(hour[name])}`).join('\n');
  const title = shape('title', {}, `${hourOfDay(hour.starts_at)}\n${words}`);
  return shape('g', { class: 'hour' }, title, ...parts, target);
}

function gridLines(width, max, y) {
  return [0, max / 2, max].flatMap((value) => [
    shape('line', {
      class: value === 0 ? 'axis' : 'grid',
      x1: MARGIN.left,
      x2: width - MARGIN.right,
      y1: y(value),
      y2: y(value),
    }),
    shape(
      'text',
      { class: 'tick', x: MARGIN.left - 8, y: y(value) + 4, 'text-anchor': 'end' },
      shortCount(value),
    ),
  ]);
}

/** Every third hour, or every sixth where there is little room. */
function hourLabels(step, width) {
  const every = width < 520 ? 6 : 3;
  return shown.flatMap((hour, index) => {
    if ((shown.length - 1 - index) % every !== 0) return [];
    const isLast = index === shown.length - 1;
    const x = MARGIN.left + (index + (isLast ? 1 : 0.5)) * step;
    const anchor = isLast ? 'end' : 'middle';
    return [
      shape(
        'text',
        { class: 'tick', x, y: HEIGHT - 4, 'text-anchor': anchor },
        isLast ? 'now' : hourOfDay(hour.starts_at),
      ),
    ];
  });
}

/** In words, for who does not see the picture. */
function describe() {
  const total = shown.reduce((sum, hour) => sum + totalOf(hour), 0);
  if (total === 0) return 'No requests in the last 24 hours.';
  const sums = KINDS.map(({ name, label }) => {
    const sum = shown.reduce((all, hour) => all + hour[name], 0);
    return `${label} ${count(sum)}`;
  });
  const busiest = shown.reduce((most, hour) => (totalOf(hour) > totalOf(most) ? hour : most));
  return (
    `${counted(total, 'request', 'requests')} in the last 24 hours: ${sums.join(', ')}. ` +
    `The busiest hour began at ${hourOfDay(busiest.starts_at)} and had ${count(totalOf(busiest))}.`
  );
}

const totalOf = (hour) => KINDS.reduce((sum, { name }) => sum + hour[name], 0);

/** 2, 4, 6, 8, 10, 20, 40 and so on: its half is a round number too. */
function niceMaximum(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [2, 4, 6, 8, 10].map((factor) => factor * power).find((each) => each >= value);
}

const compact = new Intl.NumberFormat('en-GB', { notation: 'compact' });
const shortCount = (value) => compact.format(value);

function patterns(prefix) {
  const pattern = (name, ...marks) =>
    shape(
      'pattern',
      { id: `${prefix}-${name}`, width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
      shape('rect', { class: `ground-${name}`, width: 6, height: 6 }),
      ...marks,
    );
  return shape(
    'defs',
    {},
    pattern('allowed'),
    pattern('allowed_public', shape('circle', { class: 'mark', cx: 3, cy: 3, r: 1.1 })),
    pattern('denied', shape('path', { class: 'mark-line', d: 'M-1 1l2-2M0 6l6-6M5 7l2-2' })),
    pattern('error', shape('path', { class: 'mark-line', d: 'M0 0l6 6M0 6l6-6' })),
  );
}
