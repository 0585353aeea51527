import type { KeptRelease } from '../format-builder.js';
import type { ReleaseDocument, ReleasePackage } from '../release.js';
import { holdOn } from './image-hold.js';

const NOW = new Date('2026-12-24T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000).toISOString();

/** In both architectures, by a name. */
const imageOf = (name: string) =>
  ['amd64', 'arm64'].map((architecture) => ({
    identity: `${name} ${architecture}`,
  })) as ReleasePackage[];
const [ours, other] = [imageOf('ours'), imageOf('other')];

interface Said {
  holds?: ReleasePackage[];
  takes?: ReleasePackage[];
  series?: string;
  days?: number;
  at_once?: boolean;
  wasLive?: boolean;
}

/** In the order in which they were made. */
function releases(...all: Said[]): KeptRelease[] {
  const kept = all.map(
    ({ holds = other, takes, series = '2025', days = 1, at_once, wasLive = true }, i) => ({
      folder: '',
      wasLive,
      document: {
        id: `2026-${i}`,
        publication: { component: 'core', series, format: 'oci' },
        created_at: daysAgo(days),
        packages: holds,
        withdrawn: takes,
        at_once,
      } as Partial<ReleaseDocument> as ReleaseDocument,
    }),
  );
  return kept.reverse(); // whatever the order they are read in
}

const held = (...all: Said[]) => holdOn(ours, releases(...all), NOW);
const promoted = { holds: ours };
const withdrawn = { takes: ours };

it('has its name as long as a release holds it', () => {
  expect(held({}, promoted)).toBe('named');
  expect(held(promoted, {})).toBe('named');
  expect(held({}, {})).toBe('none');
});

it('has 14 days after a withdrawal', () => {
  expect(held(promoted, {}, withdrawn)).toBe('grace');
  expect(held(promoted, {}, { ...withdrawn, days: 13.9 }, {})).toBe('grace');
  expect(held(promoted, {}, { ...withdrawn, days: 14.1 }, {})).toBe('none');
});

it('has them too when the release that held it is gone', () => {
  expect(held({}, withdrawn)).toBe('grace');
  expect(held({}, { ...withdrawn, days: 14.1 })).toBe('none');
});

it('has none where it was to go at once, before or after another withdrawal', () => {
  const atOnce = { ...withdrawn, at_once: true };
  expect(held(promoted, {}, atOnce)).toBe('none');
  expect(held(promoted, {}, withdrawn, atOnce)).toBe('none');
  expect(held(promoted, {}, atOnce, withdrawn)).toBe('none');
});

it('is not taken by a withdrawal that is not live yet, or never was', () => {
  const waiting = { ...withdrawn, at_once: true, wasLive: false };
  expect(held(promoted, {}, waiting)).toBe('named');
});

it('has its name again when it is promoted again, also before that is live', () => {
  expect(held(promoted, {}, withdrawn, promoted)).toBe('named');
  expect(held(promoted, {}, withdrawn, { ...promoted, wasLive: false })).toBe('named');
  expect(held(promoted, {}, { ...withdrawn, at_once: true }, promoted, {}, withdrawn)).toBe(
    'grace',
  );
});

it('has what the most generous series leaves it', () => {
  const there = { ...promoted, series: '2024' };
  expect(held(promoted, there, { ...withdrawn, at_once: true })).toBe('named');
  const takenThere = { ...withdrawn, series: '2024' };
  expect(held(promoted, there, { ...withdrawn, at_once: true }, takenThere)).toBe('grace');
  expect(held(promoted, there, { ...withdrawn, at_once: true }, { ...takenThere, days: 20 })).toBe(
    'none',
  );
});

it('is not touched by what happens to another', () => {
  expect(held(promoted, { holds: ours, takes: other, at_once: true })).toBe('named');
});
