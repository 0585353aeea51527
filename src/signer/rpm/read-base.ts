import {
  longestRepomd,
  repomdPath,
  repomdSignaturePath,
} from '../../promotion/rpm/metadata/repomd.js';
import type { PromotionApi } from '../promotion-api.js';
import { readAtMost } from '../read-at-most.js';
import { SigningRefused } from '../signing-refused.js';
import { type VerifiedBase, verifyBase } from './verified-base.js';

/** Bytes; ours have less than one kB. */
const LONGEST_SIGNATURE = 64 * 1024;

/**
 * Reads the signed metadata of a release from the server, and verifies it.
 * @throws SigningRefused
 */
export async function readBase(
  api: Pick<PromotionApi, 'readRelease'>,
  release: string,
  publication: string,
  publicKey: string,
): Promise<VerifiedBase> {
  const read = async (path: string) => {
    const content = await api.readRelease(release, path);
    if (content) return content;
    throw new SigningRefused(
      `The server names ${release} as a release of ${publication}, and it has no ${path}.`,
    );
  };
  const signature = await readAtMost(LONGEST_SIGNATURE, await read(repomdSignaturePath));
  return verifyBase({
    publication,
    repomd: await readAtMost(longestRepomd, await read(repomdPath)),
    signature: signature.toString('latin1'),
    fetchFile: read,
    publicKey,
  });
}
