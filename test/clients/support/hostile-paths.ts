import fc from 'fast-check';

/**
 * Paths of somebody who holds a key for `core` and wants a file of another component.
 * Most start from a path that names the file, straight or by climbing out of a place that
 * the key opens; then a few of its characters are spelled in another way.
 */
export function hostilePath(targets: string[][]): fc.Arbitrary<string> {
  const target = fc.constantFrom(...targets);
  const straight = target.map((segments) => `/${segments.join('/')}`);
  const climbing = fc.tuple(fc.constantFrom(...startingPoints), target, fc.nat(2)).map(climb);
  const soup = fc
    .array(fc.constantFrom(...fragments, ...targets.flat()), { maxLength: 14 })
    .map((parts) => `/${parts.join('')}`);

  const path = fc.oneof(
    { weight: 3, arbitrary: straight },
    { weight: 6, arbitrary: climbing },
    { weight: 1, arbitrary: soup },
  );
  return fc
    .tuple(path, fc.array(disguise, { maxLength: 4 }))
    .map(([plain, disguises]) => disguises.reduce((text, change) => change(text), plain));
}

/** Ways round a naive check of the prefix that worked on a real proxy and file server. */
export function knownBypasses(target: string[]): string[] {
  const [format, component, ...rest] = target;
  const file = rest.join('/');
  const path = `${format}/${component}/${file}`;
  return [
    `/deb/core/../../${path}`,
    `/rpm/core/../../${path}`,
    `/rpm/core/..%2f..%2f${path}`,
    `/rpm/core/..%2F..%2F${path}`,
    `/rpm/core/%2e%2e/%2E%2E/${path}`,
    `/rpm/core/%252e%252e/%252e%252e/${path}`,
    `/rpm/core/..%5c..%5c${path}`,
    `/rpm/core/..\\..\\${path}`,
    `/rpm/core/..;/..;/${path}`,
    `/rpm/core/..%00/..%00/${path}`,
    `/rpm/core%2f..%2f..%2f${path}`,
    `/rpm/core?/../../${path}`,
    `/rpm/core/#/../../../${path}`,
    `/rpm/core//..//../../${path}`,
    `//${path}`,
    `/./${path}`,
    `/${format}//${component}//${file}`,
    `/${format}%2f${component}/${file}`,
    `/%72pm/${component}/${file}`,
    `/${format}/%6${component!.charCodeAt(0).toString(16).slice(1)}${component!.slice(1)}/${file}`,
    `/${path.toUpperCase()}`,
    `/${path}?/rpm/core/`,
    `/${path}#/rpm/core/`,
    `/${path}%00/rpm/core/`,
    `/v2/oci/lts-core/../../../${path}`,
    `/v2/oci/x/..%2flts-core/manifests/..%2f..%2f..%2f..%2f..%2f${path}`,
    `/v2//oci/..//../${path}`,
    `/v2/oci/_catalog/../../../${path}`,
    `/gpg/../${path}`,
    `/gpg/lts.asc/../../${path}`,
    `http://127.0.0.1/${path}`,
    `http://127.0.0.1/rpm/core/../../${path}`,
    path,
    '*',
    '',
  ];
}

const startingPoints = [
  'rpm/core',
  'rpm/core/2025',
  'rpm/core/2025/el9-x86_64',
  'rpm/core/2025/el9-x86_64/Packages',
  'deb/core',
  'deb/core/2025',
  'deb/core/2025/dists/bookworm',
  'rpm/community',
  'rpm/nobody',
  'gpg',
  'v2/oci/lts-core',
  '.snap/rpm/core-2025-el9-x86_64/1',
].map((path) => path.split('/'));

const fragments = [
  ...['/', '//', '%2f', '%2F', '%252f', '\\', '%5c', '%c0%af'],
  ...['.', '..', '%2e', '%2E%2e', '%252e%252e', '..;', '...', '%c0%ae'],
  ...['rpm', 'deb', 'oci', 'v2', 'gpg', 'core', 'RPM', '%72pm', '.snap'],
  ...['%00', '%', '%2', '%zz', '%20', '?', '#', ';', ':', '@', '~', '^', '+', '*', '\0', '\xff'],
];

/** From a starting point up to what it shares with the target (or further), and down to it. */
function climb([from, to, shared]: [string[], string[], number]): string {
  const kept = Math.min(shared, from.length);
  const up = Array<string>(from.length - kept).fill('..');
  return `/${[...from, ...up, ...to.slice(kept)].join('/')}`;
}

const otherSlashes = ['//', '/./', '%2f', '%2F', '%252f', '\\', '%5c', ';/', '%00/', '/x/../'];
const otherDots = ['%2e', '%2E', '%252e', '.;', '.%00', '%c0%ae', '..'];
const inserted = [
  '%00',
  '%',
  '?',
  '#',
  ';',
  '%20',
  '%0a',
  '..',
  '.',
  '/',
  '%2f..%2f',
  '\\',
  '\xe9',
];

/** One change of a path's spelling: where in the path, in thousandths, and what. */
const disguise = fc
  .tuple(
    fc.nat(999),
    fc.oneof(
      fc.constantFrom(...otherSlashes).map((text) => replaceNth('/', text)),
      fc.constantFrom(...otherDots).map((text) => replaceNth('.', text)),
      fc.constantFrom(encodeAt, encodeTwiceAt, flipCaseAt),
      fc.constantFrom(...inserted).map(insertAt),
    ),
  )
  .map(
    ([place, change]) =>
      (path: string) =>
        change(path, Math.floor((place * path.length) / 1000)),
  );

type ChangeAt = (path: string, index: number) => string;

/** The first such character from the place on. */
function replaceNth(character: string, text: string): ChangeAt {
  return (path, index) => {
    const found = path.indexOf(character, index);
    return found < 0 ? path : replaceAt(path, found, text);
  };
}

function insertAt(text: string): ChangeAt {
  return (path, index) => path.slice(0, index) + text + path.slice(index);
}

function encodeAt(path: string, index: number): string {
  return replaceAt(path, index, `%${hexAt(path, index)}`);
}

function encodeTwiceAt(path: string, index: number): string {
  return replaceAt(path, index, `%25${hexAt(path, index)}`);
}

function flipCaseAt(path: string, index: number): string {
  const character = path.charAt(index);
  const upper = character.toUpperCase();
  return replaceAt(path, index, character === upper ? character.toLowerCase() : upper);
}

function replaceAt(path: string, index: number, text: string): string {
  return path.slice(0, index) + text + path.slice(index + 1);
}

function hexAt(path: string, index: number): string {
  return path.charCodeAt(index).toString(16).padStart(2, '0');
}
