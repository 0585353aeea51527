import fc from 'fast-check';
import { requestsByHour } from './requests-by-hour.js';

const NOW = new Date('2026-03-01T12:34:56Z');
const hour = (text: string) => new Date(`2026-${text}:00:00Z`);

it('has every hour, whether anything was asked or not', () => {
  const hours = requestsByHour([], NOW);
  expect(hours).toHaveLength(24);
  expect(hours[0]).toEqual({
    startsAt: hour('02-28T13'),
    ...{ allowed: 0, allowed_public: 0, denied: 0, error: 0 },
  });
  expect(hours.at(-1)?.startsAt).toEqual(hour('03-01T12'));
});

it('puts each count into its hour', () => {
  const hours = requestsByHour(
    [
      { hour: hour('03-01T12'), status: 'allowed', requests: 5 },
      { hour: hour('03-01T12'), status: 'denied', requests: 2 },
      { hour: hour('02-28T13'), status: 'error', requests: 1 },
      { hour: hour('02-28T12'), status: 'allowed', requests: 99 }, // a day and a bit ago
      { hour: hour('03-01T13'), status: 'allowed', requests: 99 }, // by the clock of a process ahead of ours
      { hour: hour('03-01T11'), status: 'of-a-later-version', requests: 99 },
    ],
    NOW,
  );
  expect(hours.at(-1)).toMatchObject({ allowed: 5, denied: 2, allowed_public: 0, error: 0 });
  expect(hours[0]).toMatchObject({ error: 1, allowed: 0 });
  expect(hours.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(5);
});

it('has hours one after another that end with the present one, whenever it is asked', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), noInvalidDate: true }), (now) => {
      const starts = requestsByHour([], now).map(({ startsAt }) => startsAt.getTime());
      expect(now.getTime() - (starts.at(-1) as number)).toBeLessThan(3_600_000);
      expect(
        starts.every(
          (start, index) => index === 0 || start - (starts[index - 1] as number) === 3_600_000,
        ),
      ).toBe(true);
    }),
  );
});
