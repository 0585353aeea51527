import { UsageCounter } from './usage-counter.js';

const NOON = new Date('2026-03-01T12:00:00Z');
const MIDNIGHT = new Date('2026-03-02T00:00:05Z');

/** Keys numbered by a table; another table numbers them otherwise. */
const table = { idOf: (index: number) => `key ${index}` };
const reloaded = { idOf: (index: number) => `key ${10 - index}` };

const key = (index: number, names = table) => ({ index, names });

describe('counting by key', () => {
  it('adds up each key, component and format of an interval', () => {
    const counter = new UsageCounter();
    for (let i = 0; i < 3; i++) counter.count(key(1), 'core', 'rpm', NOON.getTime());
    counter.count(key(1), 'core', 'deb', NOON.getTime());
    counter.count(key(2), 'minion', 'rpm', NOON.getTime());
    counter.close(NOON);

    const common = { day: '2026-03-01', lastUsedAt: NOON };
    expect(counter.take(10)).toEqual([
      { keyId: 'key 1', component: 'core', format: 'rpm', requests: 3, ...common },
      { keyId: 'key 1', component: 'core', format: 'deb', requests: 1, ...common },
      { keyId: 'key 2', component: 'minion', format: 'rpm', requests: 1, ...common },
    ]);
    expect(counter.take(10)).toEqual([]);
  });

  it('hands over nothing of an interval that still goes on', () => {
    const counter = new UsageCounter();
    counter.count(key(1), 'core', 'rpm', NOON.getTime());
    expect(counter.take(10)).toEqual([]);
    expect(counter.waiting).toBe(1);
  });

  it('keeps days apart, and adds intervals of one day up while they wait', () => {
    const counter = new UsageCounter();
    for (const now of [NOON, NOON, MIDNIGHT]) {
      counter.count(key(1), 'core', 'rpm', now.getTime());
      counter.close(now);
    }
    expect(counter.take(10)).toMatchObject([
      { day: '2026-03-01', requests: 2 },
      { day: '2026-03-02', requests: 1 },
    ]);
  });

  it('keeps a key’s counts when the keys are loaded anew and numbered otherwise', () => {
    const counter = new UsageCounter();
    counter.count(key(3), 'core', 'rpm', NOON.getTime());
    counter.count(key(7, reloaded), 'core', 'rpm', NOON.getTime());
    counter.close(NOON);
    expect(counter.take(10)).toMatchObject([{ keyId: 'key 3', requests: 2 }]);
  });

  it('takes no more memory than its limit, and says what it did not count', () => {
    const counter = new UsageCounter(5);
    for (let index = 0; index < 100; index++)
      counter.count(key(index), 'core', 'rpm', NOON.getTime());
    for (let i = 0; i < 10; i++) counter.count(key(0), 'core', 'rpm', NOON.getTime());
    expect(counter.waiting).toBe(5);
    expect(counter.dropped).toBe(95);

    counter.close(NOON); // five rows wait; five of the next interval find no room
    for (let index = 50; index < 55; index++)
      counter.count(key(index), 'core', 'rpm', NOON.getTime());
    counter.close(NOON);
    expect(counter.waiting).toBe(5);
    expect(counter.dropped).toBe(100);
    expect(counter.take(10)[0]).toMatchObject({ keyId: 'key 0', requests: 11 });
  });

  it('hands over so much at a time', () => {
    const counter = new UsageCounter();
    for (let index = 0; index < 7; index++)
      counter.count(key(index), 'core', 'rpm', NOON.getTime());
    counter.close(NOON);
    expect([counter.take(3), counter.take(3), counter.take(3)].map(({ length }) => length)).toEqual(
      [3, 3, 1],
    );
  });
});
