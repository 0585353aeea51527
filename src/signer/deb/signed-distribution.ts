import { createHash } from 'node:crypto';
import { MalformedMetadata, parsing } from '../../promotion/deb/malformed-metadata.js';
import {
  type FetchFile,
  type PackageList,
  readDistribution,
} from '../../promotion/deb/read-distribution.js';
import { parseReleaseFile, type ReleaseFile } from '../../promotion/deb/release-file.js';
import { type PrimaryKeys, SignatureProblem } from '../../signing/primary-keys.js';
import { SigningRefused } from '../signing-refused.js';

/** A distribution as an earlier signature vouches for it, whatever the server says: what the next one is compared with. */
export interface SignedDistribution {
  readonly distribution: string;
  readonly release: ReleaseFile;
  /** SHA-256 of its `Release`, which is what `--base` pins. */
  readonly digest: string;
  readonly packages: PackageList;
}

/**
 * Reads a distribution that was signed before, and believes nothing of it but the signature.
 *
 * @param inRelease its `dists/<distribution>/InRelease`
 * @param fetchFile answers the other files of the publication; they are checked
 * @param keys of the signer's own checkout
 * @throws SigningRefused; what `fetchFile` throws
 */
export async function readSignedDistribution(order: {
  readonly inRelease: Buffer;
  readonly fetchFile: FetchFile;
  readonly keys: PrimaryKeys;
  readonly distribution: string;
}): Promise<SignedDistribution> {
  const { inRelease, fetchFile, keys, distribution } = order;
  const at = `dists/${distribution}/InRelease`;
  try {
    const content = await keys.checkClearsigned(inRelease);
    const release = parsing(at, () => parseReleaseFile(content));
    if (release.codename !== distribution || release.suite !== distribution) {
      throw new MalformedMetadata(`${at}: it is that of ${release.codename}`);
    }
    return {
      distribution,
      release,
      digest: createHash('sha256').update(content).digest('hex'),
      packages: await readDistribution(distribution, release, fetchFile),
    };
  } catch (error) {
    if (error instanceof SignatureProblem) {
      throw new SigningRefused(`The base does not verify: ${at}: ${error.message}`);
    }
    if (!(error instanceof MalformedMetadata)) throw error;
    throw new SigningRefused(`The base is not what its signature vouches for: ${error.message}`);
  }
}
