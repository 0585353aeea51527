/** A tilde, a caret, digits, or letters; whatever else stands between them only separates. */
const PART = /~|\^|\d+|[A-Za-z]+/g;

/**
 * Which of two versions RPM takes for the newer one: `rpmvercmp` of rpm, on epoch, version and release in turn.
 * @param a as RPM writes it, the epoch left out where it is 0: `1:2.0-1`
 * @returns more than 0 where `a` is newer, less where `b` is
 */
export function compareRpmVersions(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)];
  return (
    compareNumbers(one.epoch, other.epoch) ||
    compareParts(one.version, other.version) ||
    compareParts(one.release, other.release)
  );
}

function partsOf(text: string): { epoch: string; version: string; release: string } {
  const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(text)!;
  return { epoch, version, release };
}

function compareParts(a: string, b: string): number {
  const [one, other] = [a.match(PART) ?? [], b.match(PART) ?? []];
  for (let i = 0; ; i += 1) {
    const [x, y] = [one[i], other[i]];
    if (x === undefined && y === undefined) return 0;
    const order = comparePart(x, y);
    if (order !== 0) return order;
  }
}

/** @param x undefined: there is no more of it */
function comparePart(x: string | undefined, y: string | undefined): number {
  // A tilde comes before all, the end too (1.0~rc1 before 1.0); a caret right after the end (1.0^git1 before 1.0.1).
  for (const early of ['~', '^']) {
    if (x !== early && y !== early) continue;
    if (x === y) return 0;
    if (early === '^' && (x === undefined || y === undefined)) return x === undefined ? -1 : 1;
    return x === early ? -1 : 1;
  }
  if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
  const [isNumber, isOtherNumber] = [/^\d/.test(x), /^\d/.test(y)];
  if (isNumber !== isOtherNumber) return isNumber ? 1 : -1;
  return isNumber ? compareNumbers(x, y) : compareTexts(x, y);
}

/** Of any length. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || compareTexts(x, y);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
