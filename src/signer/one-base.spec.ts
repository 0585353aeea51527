import { OneBase } from './one-base.js';
import { ServerAway, type ToldPromotion } from './promotion-api.js';

const DIGEST = 'd'.repeat(64);
const on = (base: string | null) => ({ base }) as ToldPromotion;

function baseOf({
  expected,
  read = () => Promise.resolve({ digest: DIGEST }),
}: {
  expected?: string;
  read?: (release: string) => Promise<{ digest: string } | undefined>;
} = {}) {
  const notes: unknown[] = [];
  const base = new OneBase('rpm/core', read, expected, (release, found) =>
    notes.push([release, found?.digest]),
  );
  return { base, notes };
}

it('is read once, and told once', async () => {
  const { base, notes } = baseOf();
  expect(await base.in(on('r1'))).toEqual({ digest: DIGEST });
  expect(await base.in(on('r1'))).toEqual({ digest: DIGEST });
  expect(notes).toEqual([['r1', DIGEST]]);
});

it('is none where nothing is live', async () => {
  const { base, notes } = baseOf({ expected: 'none' });
  expect(await base.in(on(null))).toBeUndefined();
  expect(notes).toEqual([[null, undefined]]);
});

it('cannot change', async () => {
  const { base } = baseOf();
  await base.in(on('r1'));
  await expect(base.in(on('r2'))).rejects.toThrow(
    'has named r1 as the base of this promotion, and names r2',
  );
  await expect(base.in(on(null))).rejects.toThrow('and names none now');
});

it.each([
  ['none', 'r1'],
  [DIGEST, null],
  ['e'.repeat(64), 'r1'],
])('is refused where --base is %s and the server names %s', async (expected, release) => {
  const { base } = baseOf({ expected });
  await expect(base.in(on(release))).rejects.toThrow(`--base names ${expected}`);
});

it('may be written in capitals', async () => {
  expect(await baseOf({ expected: DIGEST.toUpperCase() }).base.in(on('r1'))).toBeDefined();
});

it('is asked for again after the server was away', async () => {
  const answers = [
    () => Promise.reject(new ServerAway('gone')),
    () => Promise.resolve({ digest: DIGEST }),
  ];
  const { base } = baseOf({ read: () => answers.shift()!() });
  await expect(base.in(on('r1'))).rejects.toThrow('gone');
  expect(await base.in(on('r1'))).toEqual({ digest: DIGEST });
});
