import { OutcomeCounter } from './outcome-counter.js';

const HALF_PAST = new Date('2026-03-01T12:30:00Z');
const NEXT_HOUR = new Date('2026-03-01T13:00:01Z');

describe('counting outcomes', () => {
  it('gives totals since the start, and each hour what was added in it', () => {
    const counter = new OutcomeCounter();
    counter.count('allowed', 'key', 'rpm');
    counter.count('allowed', 'key', 'rpm');
    counter.count('denied', 'no-key', 'oci');
    counter.close(HALF_PAST);
    counter.count('allowed', 'key', 'rpm');
    counter.close(NEXT_HOUR);

    expect([...counter.totals()]).toEqual([
      { status: 'allowed', reason: 'key', format: 'rpm', total: 3 },
      { status: 'denied', reason: 'no-key', format: 'oci', total: 1 },
    ]);
    const noon = new Date('2026-03-01T12:00:00Z');
    const one = new Date('2026-03-01T13:00:00Z');
    expect(counter.take()).toEqual([
      { hour: noon, status: 'allowed', reason: 'key', format: 'rpm', requests: 2 },
      { hour: noon, status: 'denied', reason: 'no-key', format: 'oci', requests: 1 },
      { hour: one, status: 'allowed', reason: 'key', format: 'rpm', requests: 1 },
    ]);
    expect(counter.take()).toEqual([]);
  });

  it('adds up what waits of one hour', () => {
    const counter = new OutcomeCounter();
    for (let i = 0; i < 3; i++) {
      counter.count('denied', 'no-key', 'deb');
      counter.close(HALF_PAST);
    }
    expect(counter.take()).toMatchObject([{ requests: 3 }]);
  });
});
