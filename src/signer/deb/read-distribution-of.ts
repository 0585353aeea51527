import { firstNames } from '../../promotion/deb/release-names.js';
import { PrimaryKeys } from '../../signing/primary-keys.js';
import type { PromotionApi } from '../promotion-api.js';
import { readAtMost } from '../read-at-most.js';
import { SigningRefused } from '../signing-refused.js';
import { readSignedDistribution, type SignedDistribution } from './signed-distribution.js';

export interface DistributionName {
  readonly component: string;
  readonly series: string;
  readonly distribution: string;
}

/** Bytes of a `Release`; one of ours has some thousand. */
export const longestRelease = 1024 * 1024;

/**
 * Reads a signed distribution of a release from the server, and verifies it.
 * @returns undefined where the release has none of that name, by the word of the server
 * @throws SigningRefused
 */
export async function readDistributionOf(
  api: Pick<PromotionApi, 'readRelease'>,
  release: string,
  { component, series, distribution }: DistributionName,
  publicKey: string,
): Promise<SignedDistribution | undefined> {
  const inRelease = await api.readRelease(release, `dists/${distribution}/InRelease`);
  if (!inRelease) return undefined;
  const signed = await readSignedDistribution({
    inRelease: await readAtMost(longestRelease, inRelease),
    keys: await PrimaryKeys.parse(publicKey),
    distribution,
    fetchFile: async (path, size) => {
      const content = await api.readRelease(release, path);
      if (content) return readAtMost(size, content);
      throw new SigningRefused(`The release ${release} of the server has no ${path}.`);
    },
  });
  // What is signed does not name the component, but by its label.
  const { label } = firstNames(component, series);
  if (signed.release.label === label) return signed;
  throw new SigningRefused(
    `The server offers the ${distribution} of ${signed.release.label} as that of ${label}.`,
  );
}
