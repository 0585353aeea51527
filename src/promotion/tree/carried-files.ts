import type { CarriedFile } from '../release.js';

/** How long a file stays after it has left the metadata. */
export const CARRY_DAYS = 14;

const DAY = 24 * 60 * 60_000; // milliseconds

/**
 * Which files the next release takes over although nothing in it names them: a client that read the
 * metadata of an earlier one still asks for them.
 *
 * @returns sorted by path
 */
export function carriedFiles(question: {
  /** Paths in the new release. */
  readonly present: ReadonlySet<string>;
  /** Paths that the base's metadata names. */
  readonly named: Iterable<string>;
  /** What the base carries itself. */
  readonly carried: readonly CarriedFile[];
  /** Paths that leave at once. */
  readonly except: ReadonlySet<string>;
  readonly now: Date;
}): CarriedFile[] {
  const { present, named, carried, except, now } = question;
  const earliest = now.getTime() - CARRY_DAYS * DAY;
  const leftNow = Array.from(named, (path) => ({ path, left_at: now.toISOString() }));
  const stillCarried = carried.filter(({ left_at }) => Date.parse(left_at) >= earliest);
  const byPath = new Map([...stillCarried, ...leftNow].map((file) => [file.path, file]));
  return [...byPath.values()]
    .filter(({ path }) => !present.has(path) && !except.has(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
