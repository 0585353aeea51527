import { basename, dirname, extname } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import type { Destination } from '../publication.js';
import type { StagedFile } from '../format-builder.js';
import { runTool } from '../tools/run-tool.js';
import { checkArchiveMembers } from './archive-members.js';
import { type DebTarget, parseDebTarget } from './deb-target.js';
import { fileHashes } from './file-hashes.js';
import { MalformedMetadata } from './malformed-metadata.js';
import {
  FILE_FIELDS,
  fileNames,
  type PackageControl,
  poolPath,
  readControl,
} from './package-control.js';
import { parseStanza, type Stanza } from './stanza.js';

/** `.ddeb` is what Ubuntu calls the packages of debug symbols; Debian calls them `.deb` too. */
const EXTENSIONS = ['.deb', '.ddeb'];
/** Bytes; a large `control` has some ten thousand. */
const MAX_CONTROL_SIZE = 1024 * 1024;

/**
 * What a staged Debian package is.
 *
 * @throws DomainError PACKAGE_REFUSED
 */
export async function inspectPackage(file: string, destination: Destination): Promise<StagedFile> {
  return (await inspectWithControl(file, destination)).staged;
}

/** The same, with the control that was read for it. */
export async function inspectWithControl(
  file: string,
  destination: Destination,
): Promise<{ staged: StagedFile; stanza: Stanza }> {
  const name = basename(file);
  try {
    const extension = extname(name);
    if (!EXTENSIONS.includes(extension)) throw new MalformedMetadata(notAPackage(extension));
    await checkArchiveMembers(file);
    const stanza = await readPackageStanza(file);
    const control = readControl(stanza);
    const target = parseDebTarget(destination.target);
    checkFileName(name, control, extension);
    checkArchitecture(control, target);
    const { sha256 } = await fileHashes(file, ['sha256']);
    const staged = {
      kind: 'package',
      name: control.name,
      version: control.version,
      architecture: control.architecture,
      identity: sha256,
      path: poolPath(target.distribution, control.source, name),
    } as const;
    return { staged, stanza };
  } catch (error) {
    if (!(error instanceof MalformedMetadata)) throw error;
    throw new DomainError('PACKAGE_REFUSED', `${name} cannot be promoted: ${error.message}.`, {
      file: name,
    });
  }
}

/** Its control, as dpkg-deb reads it. @throws MalformedMetadata, also where it has a field that only an index has */
export async function readPackageStanza(file: string): Promise<Stanza> {
  const { stdout } = await runTool('dpkg-deb', ['--field', file], {
    home: dirname(file),
    outputLimit: MAX_CONTROL_SIZE,
  }).catch((error: unknown) => {
    if (error instanceof DomainError && error.code === 'TOOL_FAILED') {
      const { output, how } = error.details as { output: string; how: string };
      throw new MalformedMetadata(`its control cannot be read (${output.trim() || how})`);
    }
    throw error;
  });
  const stanza = parseStanza(stdout);
  const reserved = FILE_FIELDS.find((field) => stanza.has(field));
  if (reserved) {
    throw new MalformedMetadata(`its control has the field ${reserved}, which only an index has`);
  }
  return stanza;
}

function checkFileName(name: string, control: PackageControl, extension: string): void {
  const expected = fileNames(control, extension);
  if (expected.includes(name)) return;
  throw new MalformedMetadata(
    `it is ${control.name} ${control.version} for ${control.architecture}: ` +
      `stage it as ${expected.join(' or ')}`,
  );
}

function checkArchitecture({ architecture }: PackageControl, target: DebTarget): void {
  if (architecture === target.architecture) return;
  const wanted = `${target.distribution}-${target.architecture}`;
  const fitting = `stage it under ${target.distribution}-${architecture}`;
  if (architecture === 'all') {
    throw new MalformedMetadata(
      `its architecture is "all", so it would enter every architecture of ${target.distribution} ` +
        `and not ${wanted} alone: ${fitting}`,
    );
  }
  throw new MalformedMetadata(
    `its architecture is "${architecture}", and it was staged under ${wanted}: ${fitting}`,
  );
}

function notAPackage(extension: string): string {
  const isSource = ['.dsc', '.changes', '.buildinfo', '.gz', '.xz', '.bz2'].includes(extension);
  if (isSource) {
    return 'source packages are not published: stage the .deb and .ddeb files of a build alone';
  }
  return `a Debian package is a ${EXTENSIONS.join(' or ')} file`;
}
