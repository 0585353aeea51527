import { decimals, percent, spread, summary, table, whole } from './figures.mjs';

/** With verifying and signing, beside the plain tool; and one more upon many, beside one upon none. */
const AIM = { ratio: 2 };

const NAMES = { first: 'at once', more: 'one more' };

/** Times and memory beside the plain tool, and where the time goes: medians, and of ratios the spread. */
export function report(results, { node, cpu, cores }) {
  return [
    `Node ${node}, ${cpu}, ${cores} cores`,
    '',
    table([
      [
        ...['packages', 'Packyard, s', 'plain, s', 'ratio', 'plain and signed, s', 'ratio'],
        ...['Packyard, MB', 'plain, MB'],
      ],
      ...results.map(rowOf),
    ]),
    '',
    `Aim: ${AIM.ratio} times the plain tool at most.`,
    ...onTopOfMany(results),
    '',
    'Share of each step of the time; the rest is between them: the queue, and syncing to the disk.',
    '',
    shares(results),
  ].join('\n');
}

const nameOf = ({ format, size, what }) => `${format} ${size}, ${NAMES[what]}`;

function rowOf(result) {
  const of = (pick) => summary(result.rounds.map(pick));
  return [
    nameOf(result),
    decimals(2)(of(({ packyard }) => packyard.seconds).median),
    ...['plain', 'signed'].flatMap((other) => [
      decimals(2)(of((round) => round[other].seconds).median),
      spread(
        of((round) => round.packyard.seconds / round[other].seconds),
        decimals(1),
      ),
    ]),
    whole(of(({ packyard }) => packyard.megabytes).median),
    whole(of(({ plain }) => plain.megabytes).median),
  ];
}

/** One more upon the most that were measured, beside the first one of all. */
function onTopOfMany(results) {
  const secondsOf = (format, size, what) => {
    const found = results.find(
      (each) => each.format === format && each.size === size && each.what === what,
    );
    return found && summary(found.rounds.map(({ packyard }) => packyard.seconds)).median;
  };
  return [...new Set(results.map(({ format }) => format))].flatMap((format) => {
    const most = Math.max(
      ...results.filter((each) => each.format === format).map(({ size }) => size),
    );
    const one = secondsOf(format, 1, 'first');
    if (one === undefined || most === 1) return [];
    const more = secondsOf(format, most, 'more');
    return [
      `${format}: one more upon ${most} takes ${(more / one).toFixed(1)} times the first one.`,
    ];
  });
}

function shares(results) {
  const steps = [
    ...new Set(
      results.flatMap(({ rounds }) => rounds.flatMap((r) => Object.keys(r.packyard.steps))),
    ),
  ];
  const shareOf = ({ rounds }, pick) =>
    percent(summary(rounds.map(({ packyard }) => pick(packyard) / packyard.seconds)).median);
  const rest = ({ seconds, steps: own }) =>
    Object.values(own).reduce((left, each) => left - each, seconds);
  return table([
    ['packages', ...steps, 'rest'],
    ...results.map((result) => [
      nameOf(result),
      ...steps.map((step) => shareOf(result, (each) => each.steps[step] ?? 0)),
      shareOf(result, rest),
    ]),
  ]);
}
