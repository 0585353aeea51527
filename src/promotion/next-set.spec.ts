import fc from 'fast-check';
import type { DomainError } from '../common/domain-error.js';
import { changedTargets, promotedSet, remainingSet, restoredSet } from './next-set.js';
import type { ReleaseDocument, ReleaseKind, ReleasePackage } from './release.js';

function aPackage(
  name: string,
  version = '1',
  given: Partial<ReleasePackage> = {},
): ReleasePackage {
  const target = given.target ?? 'el9-x86_64';
  return {
    target,
    name,
    version,
    architecture: 'x86_64',
    path: `Packages/${name}-${version}.x86_64.rpm`,
    size: 1,
    sha256: `sha-${name}-${version}`,
    identity: `id-${name}-${version}`,
    ...given,
  };
}

function aDeb(name: string, target: string, given: Partial<ReleasePackage> = {}): ReleasePackage {
  const [distribution, architecture = ''] = target.split('-');
  const file = `${name}_1_${architecture}.deb`;
  return aPackage(name, '1', {
    target,
    architecture,
    path: `pool/${distribution}/main/${file}`,
    ...given,
  });
}

let made = 0;
function aRelease(
  packages: ReleasePackage[],
  kind: ReleaseKind = 'promotion',
  withdrawn?: ReleasePackage[],
): ReleaseDocument {
  made += 1;
  return {
    version: 1,
    id: `r${made}`,
    publication: { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' },
    kind,
    promotion: 'p',
    target: 'el9-x86_64',
    base: null,
    created_at: '2026-11-24T00:00:00Z',
    actor: 'x',
    packages,
    extras: [],
    carried: [],
    ...(withdrawn && { withdrawn }),
  };
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as DomainError).code;
  }
  return 'none';
}

describe('a promotion', () => {
  it('adds to what is live', () => {
    const [a, b] = [aPackage('a'), aPackage('b')];
    expect(promotedSet('rpm', [a], [b])).toEqual({ packages: [a, b], added: [b], removed: [] });
  });

  it('keeps the earlier version beside the new one', () => {
    const [first, second] = [aPackage('a', '1'), aPackage('a', '2')];
    expect(promotedSet('rpm', [first], [second]).packages).toEqual([first, second]);
  });

  it('adds nothing that is live already, and leaves that as it is signed', () => {
    const live = aPackage('a', '1', { sha256: 'signed', size: 9 });
    const set = promotedSet('rpm', [live], [aPackage('a')]);
    expect(set).toEqual({ packages: [live], added: [], removed: [] });
  });

  it.each([
    ['the same name', { path: 'Packages/a-1.x86_64.rpm', version: '2' }],
    ['the same NEVRA in another file', { path: 'Packages/b.rpm' }],
  ])('of other content under %s is refused', (_, given) => {
    const staged = aPackage('a', '1', { identity: 'other', ...given });
    expect(codeOf(() => promotedSet('rpm', [aPackage('a')], [staged]))).toBe('PACKAGE_CONFLICT');
  });

  it('that holds one name twice is refused', () => {
    const [a, b] = [aPackage('a'), aPackage('a', '1', { identity: 'other' })];
    expect(codeOf(() => promotedSet('rpm', [], [a, b]))).toBe('PACKAGE_CONFLICT');
  });

  it('of DEB has a pool for each distribution: one name may have another content in each', () => {
    const bookworm = aDeb('a', 'bookworm-amd64');
    const trixie = aDeb('a', 'trixie-amd64', { identity: 'other' });
    expect(promotedSet('deb', [bookworm], [trixie]).added).toEqual([trixie]);
    const clash = aDeb('a', 'bookworm-all', {
      architecture: 'amd64',
      path: bookworm.path,
      identity: 'other',
    });
    expect(codeOf(() => promotedSet('deb', [bookworm], [clash]))).toBe('PACKAGE_CONFLICT');
  });
});

describe('a rollback', () => {
  const [a1, a2, b] = [aPackage('a', '1'), aPackage('a', '2'), aPackage('b')];

  it('holds of its target what the release held, and says what that changes', () => {
    const release = aRelease([a1, b]);
    expect(restoredSet([a1, a2], release, 'el9-x86_64', [])).toEqual({
      packages: [a1, b],
      added: [b],
      removed: [a2],
    });
  });

  it('leaves other targets as they are', () => {
    const [amd, all, arm] = [
      aDeb('a', 'bookworm-amd64'),
      aDeb('docs', 'bookworm-all'),
      aDeb('a', 'bookworm-arm64'),
    ];
    const release = aRelease([amd]);
    const set = restoredSet([all, arm], release, 'bookworm-amd64', []);
    expect(set.packages).toEqual([all, arm, amd]);
    expect(changedTargets(set)).toEqual(['bookworm-amd64']);
  });

  it('to what is live is none', () => {
    expect(codeOf(() => restoredSet([a1], aRelease([a1]), 'el9-x86_64', []))).toBe(
      'NOTHING_TO_CHANGE',
    );
  });

  it('brings nothing back that was withdrawn since, unless it was staged again', () => {
    const release = aRelease([a1, b]);
    const withdrawal = aRelease([b], 'withdrawal', [a1]);
    const back = (later: ReleaseDocument[]) =>
      codeOf(() => restoredSet([b], release, 'el9-x86_64', later));
    expect(back([withdrawal])).toBe('PACKAGE_WITHDRAWN');
    expect(back([withdrawal, aRelease([b, a1]), aRelease([b], 'rollback')])).toBe('none');
    expect(back([withdrawal, aRelease([b, a1]), aRelease([b], 'withdrawal', [a1])])).toBe(
      'PACKAGE_WITHDRAWN',
    );
    // another content under the name is not what was withdrawn
    const other = aRelease([b], 'withdrawal', [{ ...a1, identity: 'other' }]);
    expect(back([other])).toBe('none');
  });
});

describe('a withdrawal', () => {
  const [a, b] = [aPackage('a'), aPackage('b')];

  it('takes packages away by path or by file name', () => {
    expect(remainingSet([a, b], [a.path])).toEqual({ packages: [b], added: [], removed: [a] });
    expect(remainingSet([a, b], ['a-1.x86_64.rpm', b.path]).packages).toEqual([]);
  });

  it('names what is not live', () => {
    expect(codeOf(() => remainingSet([a], [a.path, 'nope.rpm']))).toBe('PACKAGE_NOT_LIVE');
  });
});

it('adds up: what is next is what was, with what is added and without what is removed', () => {
  const packages = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'b', 'c'), version: fc.constantFrom('1', '2', '3') }),
    { selector: ({ name, version }) => name + version },
  );
  fc.assert(
    fc.property(packages, packages, (before, after) => {
      const live = before.map(({ name, version }) => aPackage(name, version));
      const release = aRelease(after.map(({ name, version }) => aPackage(name, version)));
      let set;
      try {
        set = restoredSet(live, release, 'el9-x86_64', []);
      } catch (error) {
        expect((error as DomainError).code).toBe('NOTHING_TO_CHANGE');
        return;
      }
      const ids = (list: readonly ReleasePackage[]) => list.map(({ identity }) => identity).sort();
      const kept = live.filter((each) => !set.removed.includes(each));
      expect(ids([...kept, ...set.added])).toEqual(ids(set.packages));
      expect(ids(set.packages)).toEqual(ids(release.packages));
    }),
  );
});
