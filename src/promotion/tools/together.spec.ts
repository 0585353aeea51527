import { setTimeout as sleep } from 'node:timers/promises';
import { together } from './together.js';

let runs: string[][];
beforeEach(() => {
  runs = [];
});

const shout = together<string, string>(
  (word) => word[0]!,
  (words) => {
    runs.push([...words]);
    return words.includes('bad')
      ? Promise.reject(new Error(`cannot shout ${words.join(' ')}`))
      : Promise.resolve(words.map((word) => word.toUpperCase()));
  },
);

it('does at once what several ask for at once, eight at most, and answers each its own', async () => {
  const words = Array.from({ length: 10 }, (_, n) => `a${n}`);
  expect(await Promise.all(words.map(shout))).toEqual(words.map((word) => word.toUpperCase()));
  expect(runs).toEqual([words.slice(0, 8), words.slice(8)]);
  expect(await shout('again')).toBe('AGAIN');
  expect(runs[2]).toEqual(['again']);
});

it('keeps apart what is in different places', async () => {
  await Promise.all(['ape', 'bear', 'ant'].map(shout));
  expect(runs).toEqual([['ape', 'ant'], ['bear']]);
});

it('waits for nobody who comes later', async () => {
  const first = shout('ape');
  await sleep(20);
  await Promise.all([first, shout('ant')]);
  expect(runs).toEqual([['ape'], ['ant']]);
});

it('fails for the one alone that fails', async () => {
  const [good, bad, other] = await Promise.allSettled(['big', 'bad', 'bold'].map(shout));
  expect([good, other]).toEqual([
    { status: 'fulfilled', value: 'BIG' },
    { status: 'fulfilled', value: 'BOLD' },
  ]);
  expect(bad).toMatchObject({ status: 'rejected', reason: new Error('cannot shout bad') });
  expect(runs).toEqual([['big', 'bad', 'bold'], ['big'], ['bad'], ['bold']]);
});

it('does the same thing twice for two who ask for it', async () => {
  expect(await Promise.all([shout('ape'), shout('ape')])).toEqual(['APE', 'APE']);
});
