import type { Component } from '../components/catalogue.js';
import type { Published, PublishedState } from '../published/published.js';
import { requestsByHour } from './requests-by-hour.js';
import type { AuthProcess, Health, KeysStatus, PublicationPromotions, Status } from './status.js';
import { overallState, warningsOf } from './status-warnings.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

const CORE: Component = {
  name: 'core',
  description: '',
  visibility: 'private',
  series: ['2025'],
  rpm: { targets: ['el9-x86_64'] },
};
const PROCESS: AuthProcess = {
  id: '0b6e2a3c-1d2e-4f50-8a9b-0c1d2e3f4a5b',
  revision: 42,
  seenSecondsAgo: 3,
  maxStaleness: 60,
  state: 'current',
};
const KEYS: KeysStatus = {
  active: 1,
  expired: 0,
  revoked: 0,
  expireWithin7Days: 0,
  expireWithin30Days: 0,
  expiring: [],
};
const HEALTH: Health = {
  database: { up: true, latency: 1, problem: null },
  accessView: { freshness: 'current', staleness: 0 },
  authProcesses: { newestRevision: 42, processes: [PROCESS] },
  signingKeys: {
    gpg: [{ fingerprint: 'AB12', userIds: ['LTS'], expiresAt: null }],
    cosign: true,
    development: false,
    problems: [],
  },
  publishedTree: {
    folder: '/srv/published',
    up: true,
    space: { free: 50, total: 100 },
    problem: null,
  },
  registry: { up: true, problem: null },
  backup: { lastVerifiedAt: NOW, offHost: true, encrypted: true, problem: null },
};
const WELL: Status = {
  version: '1',
  startedAt: NOW,
  observedAt: NOW,
  components: [{ component: CORE, published: rpm('published') }],
  keys: KEYS,
  requests: { byHour: requestsByHour([], NOW), deniedToday: [] },
  promotions: [],
  health: HEALTH,
};
const LIVE: PublicationPromotions = {
  publication: 'rpm/core/2025/el9-x86_64',
  underWay: 0,
  awaitingSigner: 0,
  secondsWithoutSigner: null,
  last: {
    id: '0b6e2a3c-1d2e-4f50-8a9b-0c1d2e3f4a5c',
    kind: 'promotion',
    target: 'el9-x86_64',
    state: 'live',
    at: NOW,
    errorCode: null,
    warnings: [],
  },
  failure: null,
};

function rpm(state: PublishedState, more: object = {}): Published {
  const place = { series: '2025', target: 'el9-x86_64', revision: '1', publishedAt: NOW };
  return { rpm: [{ ...place, state, problem: null, signed: true, ...more }], deb: [], oci: null };
}
const warned = (change: Partial<Status>) => warningsOf({ ...WELL, ...change });
const sick = (change: Partial<Health>) => warned({ health: { ...HEALTH, ...change } });
const published = (change: Published) =>
  warned({ components: [{ component: CORE, published: change }] });
const one = (severity: string, ...words: string[]) => [
  { severity, message: expect.stringMatching(words.map((word) => `(?=.*${word})`).join('')) },
];

it('warns of nothing when all is well', () => {
  expect(warningsOf(WELL)).toEqual([]);
  expect(overallState([])).toBe('ok');
});

it('puts the worst first, and says how it is on the whole', () => {
  const warnings = sick({
    signingKeys: { ...HEALTH.signingKeys, development: true },
    publishedTree: { folder: '/srv', up: false, space: null, problem: 'It cannot be read (EIO).' },
  });
  expect(warnings.map(({ severity }) => severity)).toEqual(['critical', 'warning']);
  expect(overallState(warnings)).toBe('critical');
  expect(overallState(warnings.slice(1))).toBe('warning');
});

describe('the database', () => {
  it('does not answer', () => {
    const warnings = warned({
      keys: null,
      requests: null,
      health: {
        ...HEALTH,
        database: { up: false, latency: null, problem: 'The database does not answer.' },
        authProcesses: null,
      },
    });
    expect(warnings).toEqual(one('critical', 'The database does not answer', 'DATABASE_URL'));
  });

  it.each(['stale', 'unloaded'] as const)('has left the view %s', (freshness) => {
    expect(sick({ accessView: { freshness, staleness: null } })).toEqual(
      one('critical', 'too old to decide by'),
    );
  });
});

describe('auth processes', () => {
  const processes = (...states: AuthProcess['state'][]) =>
    sick({
      authProcesses: {
        newestRevision: 43,
        processes: states.map((state) => ({ ...PROCESS, state })),
      },
    });

  it('may be behind', () => {
    expect(processes('current', 'behind')).toEqual(
      one('warning', '0b6e2a3c', 'change 42 of 43', 'Restart'),
    );
  });

  it('may be silent', () => {
    expect(processes('current', 'silent')).toEqual(one('warning', '0b6e2a3c', '3 s ago'));
  });

  it.each([[[]], [['silent']], [['silent', 'silent']]] as AuthProcess['state'][][][])(
    'all but nobody: %j',
    (states) => {
      expect(processes(...states)).toEqual(one('critical', 'No process decides', 'AUTH_LISTEN'));
    },
  );
});

describe('the published tree', () => {
  const space = (free: number) =>
    sick({ publishedTree: { ...HEALTH.publishedTree, space: { free, total: 1000 } } });

  it('has room', () => {
    expect(space(100)).toEqual([]);
  });

  it('has little room', () => {
    expect(space(99)).toEqual(one('warning', '9 % of', '/srv/published'));
  });

  it('cannot be read: then nobody knows what is published', () => {
    const warnings = warned({
      health: {
        ...HEALTH,
        publishedTree: { folder: '/srv', up: false, space: null, problem: 'It is gone.' },
      },
      components: [{ component: CORE, published: rpm('empty') }],
    });
    expect(warnings).toEqual(one('critical', 'It is gone', 'PUBLISHED_DIR'));
  });
});

it('the registry does not answer', () => {
  const registry = { up: false, problem: 'The registry does not answer within 2 s.' };
  expect(sick({ registry })).toEqual(one('critical', 'within 2 s', 'REGISTRY_URL'));
  expect(sick({ registry: null })).toEqual([]);
});

it('requests of this hour could not be decided', () => {
  const requests = (requests: number) => ({
    byHour: requestsByHour([{ hour: NOW, status: 'error', requests }], NOW),
    deniedToday: [],
  });
  expect(warned({ requests: requests(1) })).toEqual(one('warning', '^1 request of', '503'));
  expect(warned({ requests: requests(7) })).toEqual(one('warning', '^7 requests of'));
});

describe('signing keys', () => {
  const keys = (change: object) => sick({ signingKeys: { ...HEALTH.signingKeys, ...change } });
  const expiring = (days: number) =>
    keys({ gpg: [{ fingerprint: 'AB12', userIds: [], expiresAt: inDays(days) }] });

  it('are development keys', () => {
    expect(keys({ development: true })).toEqual(one('warning', 'Development', 'PUBLIC_KEYS_DIR'));
  });

  it('are missing', () => {
    expect(keys({ problems: ['lts.asc is missing.'] })).toEqual(
      one('warning', 'lts.asc is missing', 'Export'),
    );
  });

  it('end', () => {
    expect(expiring(60)).toEqual([]);
    expect(expiring(59.5)).toEqual(one('warning', 'AB12 expires in 59 days'));
    expect(expiring(1)).toEqual(one('warning', 'AB12 expires in 1 day:'));
    expect(expiring(-1)).toEqual(one('warning', 'AB12 has expired'));
  });
});

describe('backups', () => {
  const backup = (change: object) => sick({ backup: { ...HEALTH.backup!, ...change } });

  it('are nobody’s concern here where none are configured', () => {
    expect(sick({ backup: null })).toEqual([]);
  });

  it('are overdue, failed, or on this host alone', () => {
    expect(backup({ lastVerifiedAt: inDays(-25.9 / 24) })).toEqual([]);
    expect(backup({ lastVerifiedAt: inDays(-26 / 24) })).toEqual(one('warning', '26 hours old'));
    expect(backup({ problem: 'The last backup failed: x.' })).toEqual(one('warning', 'failed'));
    expect(backup({ offHost: false })).toEqual(one('warning', 'no other host', 'BACKUP_TARGET'));
  });
});

describe('keys that expire within 7 days', () => {
  const keys = (labels: string[], expireWithin7Days: number) =>
    warned({
      keys: {
        ...KEYS,
        expireWithin7Days,
        expireWithin30Days: labels.length,
        expiring: labels.map((label) => ({
          id: label,
          label,
          customer: null,
          components: ['core'],
          expiresAt: inDays(5),
        })),
      },
    });

  it('are named, and those that have longer are not', () => {
    expect(keys(['Acme', 'Globex', 'Later'], 2)).toEqual(
      one('warning', '^2 keys expire within 7 days: “Acme” and “Globex”. Tell'),
    );
    expect(keys(['Acme'], 1)).toEqual(one('warning', '^1 key expires within 7 days: “Acme”.'));
  });

  it('are five by name, and a number', () => {
    const labels = Array.from({ length: 50 }, (_, index) => `k${index}`);
    expect(keys(labels, 80)).toEqual(one('warning', '^80 keys expire', '“k4” and 75 more'));
  });
});

describe('what is published', () => {
  it('is nothing', () => {
    expect(published(rpm('empty'))).toEqual(one('warning', 'Nothing is published of core:'));
  });

  it('is something elsewhere, or may be', () => {
    const oci = { problem: null, tags: [] };
    expect(published({ ...rpm('empty'), oci: { ...oci, state: 'published' } })).toEqual([]);
    expect(published({ rpm: [], deb: [], oci: { ...oci, state: 'unknown' } })).toEqual([]);
    expect(published({ rpm: [], deb: [], oci: null })).toEqual([]);
  });

  it('cannot be read', () => {
    expect(published(rpm('unreadable', { problem: 'rpm/core/2025/el9 leads nowhere' }))).toEqual(
      one('warning', '^rpm/core/2025/el9 leads nowhere: promote it again'),
    );
  });

  it('is not signed', () => {
    expect(published(rpm('published', { signed: false }))).toEqual(
      one('warning', 'rpm/core/2025/el9-x86_64 carry no signature'),
    );
  });
});

it('warns of a promotion that failed since one was live', () => {
  const failure = { ...LIVE.last, state: 'failed', errorCode: 'PACKAGE_REFUSED' } as const;
  expect(warned({ promotions: [LIVE] })).toEqual([]);
  expect(warned({ promotions: [{ ...LIVE, last: failure, failure }] })).toEqual(
    one('warning', 'promotion of rpm/core/2025/el9-x86_64 failed with PACKAGE_REFUSED', failure.id),
  );
});

it('says what the last promotion was warned of', () => {
  const last = { ...LIVE.last, warnings: ['It is live, and subscribers may not get it.'] };
  expect(warned({ promotions: [{ ...LIVE, last }] })).toEqual(
    one('warning', 'promotion of rpm/core/2025/el9-x86_64', 'subscribers may not get it'),
  );
});

it('warns of a signer who has not come for more than a minute', () => {
  const waiting = (secondsWithoutSigner: number) =>
    warned({ promotions: [{ ...LIVE, underWay: 1, awaitingSigner: 1, secondsWithoutSigner }] });
  expect(waiting(60)).toEqual([]);
  expect(waiting(61)).toEqual(
    one('warning', 'rpm/core/2025/el9-x86_64 waits for a signer', 'for 1 minute'),
  );
  expect(waiting(150)).toEqual(one('warning', 'for 2 minutes'));
});
