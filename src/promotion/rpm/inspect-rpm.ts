import { open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import type { StagedFile } from '../format-builder.js';
import type { Destination } from '../publication.js';
import type { RpmTool } from './rpm-tool.js';

const leadMagic = Buffer.from('edabeedb', 'hex');

/** Bytes. RPM itself takes more, but nobody downloads it. */
const largestPackage = 4 * 1024 * 1024 * 1024;

const tagGrammar = /^[A-Za-z0-9_][A-Za-z0-9._+~^-]*$/;

/**
 * Reads what a staged RPM is. Its name says nothing that its header does not.
 * @throws DomainError PACKAGE_REFUSED
 */
export async function inspectRpm(
  rpm: RpmTool,
  file: string,
  { target }: Destination,
): Promise<StagedFile> {
  const fileName = basename(file);
  const refuse = (reason: string): never => {
    throw new DomainError('PACKAGE_REFUSED', `${fileName} cannot be published: ${reason}`, {
      file: fileName,
    });
  };

  if ((await stat(file)).size > largestPackage) refuse('it is larger than 4 GiB. Split it.');
  // What is no RPM, rpm reads as a list of files and URLs to open.
  if (!(await beginsWith(file, leadMagic))) refuse(`it is no RPM. ${buildAgain}`);
  if (!tagGrammar.test(fileName)) refuse(`its name has characters that no RPM's has. ${rename}`);

  const here = { folder: dirname(file), name: fileName };
  const header = await rpm
    .readHeader(here)
    .catch((error: Error) => refuse(`rpm cannot read it: ${error.message} ${buildAgain}`));
  const { name, epoch, version, release, architecture, sha256, payloadSha256 } = header;
  if (![name, version, release, architecture].every((tag) => tagGrammar.test(tag))) {
    refuse(`its name, version or release has characters that RPM does not allow. ${buildAgain}`);
  }
  if (!/^[0-9]*$/.test(epoch)) refuse(`its epoch is no number. ${buildAgain}`);
  if (sha256 === '' || payloadSha256 === '') {
    refuse('its header has no SHA-256 of itself and its payload. Build it with RPM 4.14 or newer.');
  }
  const rightName = `${name}-${version}-${release}.${architecture}.rpm`;
  if (fileName !== rightName) refuse(`by its header it is ${rightName}. ${rename}`);
  requireFit(architecture, target, refuse);

  const damage = await rpm.findDamage(here);
  if (damage !== undefined) refuse(`it is damaged (${damage}). Stage it again.`);

  const isSource = architecture === 'src' || architecture === 'nosrc';
  return {
    kind: 'package',
    name,
    version: `${epoch === '' || epoch === '0' ? '' : `${epoch}:`}${version}-${release}`,
    architecture: isSource ? 'src' : architecture,
    identity: sha256,
    path: `${isSource ? 'SRPMS' : 'Packages'}/${fileName}`,
  };
}

const buildAgain = 'Build it again, and stage what rpmbuild writes.';
const rename = 'Stage it under the name that rpmbuild gave it.';

/** Source packages and `noarch` fit every target. */
function requireFit(architecture: string, target: string, refuse: (reason: string) => never): void {
  const wanted = target.slice(target.lastIndexOf('-') + 1);
  if ([wanted, 'noarch', 'src', 'nosrc'].includes(architecture)) return;
  refuse(
    `it is for ${architecture}, and ${target} takes ${wanted}, noarch and source packages. ` +
      'Stage it under the target that it was built for.',
  );
}

async function beginsWith(file: string, magic: Buffer): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return bytesRead === magic.length && buffer.equals(magic);
  } finally {
    await handle.close();
  }
}
