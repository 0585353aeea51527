import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileHashes } from '../../promotion/deb/file-hashes.js';
import { MalformedMetadata } from '../../promotion/deb/malformed-metadata.js';
import { readPackageStanza } from '../../promotion/deb/inspect-package.js';
import { packageKey, poolPath, readControl } from '../../promotion/deb/package-control.js';
import { plainFields } from '../../promotion/deb/plain-fields.js';
import type { Stanza } from '../../promotion/deb/stanza.js';
import { SigningRefused } from '../signing-refused.js';

/** A package file that the signer has itself, and how the index has to describe it. */
export interface LocalPackage {
  /** `acme_1:2.0-1_amd64`. */
  readonly key: string;
  readonly architecture: string;
  readonly sha256: string;
  /** Its whole stanza, in the plain form: the control fields, where its file goes, its size and hashes. */
  readonly fields: Stanza;
}

/**
 * Reads a package file with the signer's own tools.
 *
 * @param file its name is the staged one
 * @param known its control, where that has been read already
 * @throws SigningRefused
 */
export async function readLocalPackage(
  file: string,
  distribution: string,
  known?: Stanza,
): Promise<LocalPackage> {
  try {
    const stanza = known ?? (await readPackageStanza(file));
    const control = readControl(stanza);
    const hashes = await fileHashes(file, ['md5', 'sha1', 'sha256', 'sha512']);
    const { size } = await stat(file);
    const fields = new Map([
      ...plainFields(stanza),
      ['filename', poolPath(distribution, control.source, basename(file))],
      ['size', String(size)],
      ['md5sum', hashes.md5],
      ['sha1', hashes.sha1],
      ['sha256', hashes.sha256],
      ['sha512', hashes.sha512],
    ]);
    const { architecture } = control;
    return { key: packageKey(control), architecture, sha256: hashes.sha256, fields };
  } catch (error) {
    if (!(error instanceof MalformedMetadata)) throw error;
    throw new SigningRefused(`${basename(file)} is no package to sign: ${error.message}.`);
  }
}
