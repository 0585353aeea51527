import { createHash } from 'node:crypto';
import type { Content } from '../../promotion/rpm/metadata/checked-content.js';
import {
  type DescribedRepository,
  describeRepository,
} from '../../promotion/rpm/metadata/describe-repository.js';
import { MetadataProblem } from '../../promotion/rpm/metadata/metadata-problem.js';
import { PrimaryKeys, SignatureProblem } from '../../signing/primary-keys.js';
import { SigningRefused } from '../signing-refused.js';

/** A release whose metadata bears our signature: what the next one may take over. */
export interface VerifiedBase extends DescribedRepository {
  /** SHA-256 of its `repomd.xml`, by which `--base` names it. */
  readonly digest: string;
  /** When it was made, by its own word. */
  readonly date: Date;
}

export interface BaseMetadata {
  /** `rpm/core/2025/el9-x86_64`, of the command line: a signed release of another publication is no base. */
  readonly publication: string;
  readonly repomd: Buffer;
  /** Its `repomd.xml.asc`. */
  readonly signature: string;
  /** Fetches a file of the release that `repomd.xml` names. What it answers is checked. */
  readonly fetchFile: (path: string) => Promise<Content>;
  /** The signer's own copy of `lts.asc`, armoured. */
  readonly publicKey: string;
}

/**
 * Reads the metadata of a release and checks it up to our own earlier signature. The count that is to be shown is
 * `packages.size`.
 *
 * @throws SigningRefused
 */
export async function verifyBase(base: BaseMetadata, now = new Date()): Promise<VerifiedBase> {
  const { repomd, signature, publication, fetchFile, publicKey } = base;
  const digest = createHash('sha256').update(repomd).digest('hex');
  try {
    const keys = await PrimaryKeys.parse(publicKey);
    await keys.checkDetached(repomd, signature, now);
    const described = await describeRepository(repomd, fetchFile);
    if (described.repomd.publication !== publication) {
      throw new MetadataProblem(`It is a release of ${described.repomd.publication}.`);
    }
    return { ...described, digest, date: new Date(described.repomd.revision * 1000) };
  } catch (error) {
    if (!(error instanceof MetadataProblem || error instanceof SignatureProblem)) throw error;
    throw new SigningRefused(
      `What the server offers as the live release of ${publication} cannot be built upon. ${error.message}`,
      { cause: error },
    );
  }
}
