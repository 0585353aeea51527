import { usagePeriod } from './usage-period.js';

const NOW = new Date('2026-11-24T23:59:59Z');

describe('the period of a key’s usage', () => {
  it.each([
    [{}, '2026-10-26', '2026-11-24'],
    [{ from: '2026-11-01' }, '2026-11-01', '2026-11-24'],
    [{ to: '2026-03-01' }, '2026-01-31', '2026-03-01'],
    [{ from: '2026-11-24', to: '2026-11-24' }, '2026-11-24', '2026-11-24'],
    [{ from: '2025-10-21', to: '2026-11-24' }, '2025-10-21', '2026-11-24'],
  ])('of %j is from %s to %s', (given, from, to) => {
    expect(usagePeriod(given, NOW)).toEqual({ from, to });
  });

  it.each([
    ['ends before it begins', { from: '2026-11-25' }],
    ['is longer than 400 days', { from: '2025-10-20', to: '2026-11-24' }],
  ])('that %s is refused', (_, given) => {
    expect(() => usagePeriod(given, NOW)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
  });
});
