import { outgrown } from '../../promotion/outgrown.js';
import type { IndexedPackage } from '../../promotion/deb/packages-index.js';
import type { Stanza } from '../../promotion/deb/stanza.js';
import { SigningRefused } from '../signing-refused.js';
import type { LocalPackage } from './local-package.js';
import type { SignedDistribution } from './signed-distribution.js';

/** How a distribution has to describe one of its packages. */
export interface ExpectedPackage {
  readonly architecture: string;
  readonly fields: Stanza;
}

/** Everything that a distribution has to list, and nothing else: by `packageKey`. */
export type ExpectedPackages = ReadonlyMap<string, ExpectedPackage>;

/**
 * After a promotion: the base, and the packages that the signer read itself. What a retention drops is taken away by
 * `afterRetention` first.
 *
 * @throws SigningRefused where a package of the base would change under its name
 */
export function afterPromotion(
  base: ExpectedPackages,
  added: readonly LocalPackage[],
): ExpectedPackages {
  const expected = new Map(base);
  for (const { key, architecture, sha256, fields } of added) {
    const known = expected.get(key);
    if (known && known.fields.get('sha256') !== sha256) {
      throw new SigningRefused(`${key} was published with other content: give it another version.`);
    }
    if (!known) expected.set(key, { architecture, fields });
  }
  return expected;
}

/**
 * The base without what a retention drops when these are promoted.
 * @param architecture of the target that is promoted; the others are left as they are
 * @param keep how many of the newest versions of each package stay
 */
export function afterRetention(
  base: ReadonlyMap<string, IndexedPackage>,
  added: readonly LocalPackage[],
  architecture: string,
  keep: number,
): ReadonlyMap<string, IndexedPackage> {
  const live = [...base.values()].filter((each) => each.architecture === architecture);
  const promoted = added.map(({ fields }) => ({
    name: fields.get('package')!,
    version: fields.get('version')!,
    path: fields.get('filename')!,
  }));
  const dropped = new Set(outgrown('deb', live, promoted, keep));
  return new Map([...base].filter(([, each]) => !dropped.has(each)));
}

/** After a rollback of one target: the base, with what an earlier release has of that architecture in place of its own. */
export function afterRollback(
  base: ExpectedPackages,
  restored: SignedDistribution,
  architecture: string,
): ExpectedPackages {
  const isOfTarget = ([, each]: [string, ExpectedPackage]) => each.architecture === architecture;
  const others = [...base].filter((each) => !isOfTarget(each));
  return new Map([...others, ...[...restored.packages].filter(isOfTarget)]);
}

/**
 * After a withdrawal: the base without some packages.
 * @param names of each the key, the path in the publication, or the file name
 * @throws SigningRefused where one of them is not in the base
 */
export function afterWithdrawal(
  base: ReadonlyMap<string, IndexedPackage>,
  names: readonly string[],
): ExpectedPackages {
  const expected = new Map(base);
  for (const name of names) {
    const found = [...base].filter(
      ([key, { path }]) => key === name || path === name || path.endsWith(`/${name}`),
    );
    if (found.length === 0) throw new SigningRefused(`${name} is not in the base.`);
    for (const [key] of found) expected.delete(key);
  }
  return expected;
}
