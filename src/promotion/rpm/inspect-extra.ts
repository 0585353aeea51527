import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SaxesParser } from 'saxes';
import { parseAllDocuments } from 'yaml';
import { DomainError } from '../../common/domain-error.js';
import type { StagedFile } from '../format-builder.js';
import type { ReleaseExtra } from '../release.js';

type ExtraType = ReleaseExtra['type'];

/** What may be staged beside packages, by its name. */
const extraTypes: Readonly<Record<string, ExtraType>> = {
  'comps.xml': 'comps',
  'updateinfo.xml': 'updateinfo',
  'updateinfo.xml.gz': 'updateinfo',
  'modules.yaml': 'modules',
  'modules.yaml.gz': 'modules',
};

/** Bytes. Those of a whole distribution have less. */
const largestExtra = { staged: 32 * 1024 * 1024, unpacked: 256 * 1024 * 1024 };

/** Whether a staged file is comps, updateinfo or modules; a name is all that tells them. */
export function isExtra(fileName: string): boolean {
  return Object.hasOwn(extraTypes, fileName);
}

/**
 * Reads comps, updateinfo or modules that were staged.
 * @throws DomainError PACKAGE_REFUSED where it is not what its name says
 */
export async function inspectExtra(file: string): Promise<StagedFile> {
  const fileName = basename(file);
  const type = extraTypes[fileName]!;
  const refuse = (reason: string): never => {
    throw new DomainError('PACKAGE_REFUSED', `${fileName} cannot be published: ${reason}`, {
      file: fileName,
    });
  };

  const { size } = await stat(file);
  if (size > largestExtra.staged) refuse('it is larger than 32 MiB.');
  const staged = await readFile(file);
  const content = fileName.endsWith('.gz')
    ? await unpack(staged).catch((error: Error) =>
        refuse(`it cannot be unpacked to 256 MiB or less: ${error.message}.`),
      )
    : staged;

  const problem = problemsOf[type](content);
  if (problem !== undefined) refuse(problem);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { kind: 'extra', type, path: `extras/${fileName}`, size, sha256 };
}

function unpack(bytes: Buffer): Promise<Buffer> {
  return promisify(gunzip)(bytes, { maxOutputLength: largestExtra.unpacked });
}

const problemsOf: Record<ExtraType, (content: Buffer) => string | undefined> = {
  comps: (content) => problemOfXml(content, 'comps'),
  updateinfo: (content) => problemOfXml(content, 'updates'),
  modules: problemOfModules,
};

function problemOfXml(content: Buffer, rootName: string): string | undefined {
  const parser = new SaxesParser();
  let root: string | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentagstart', ({ name }) => (root ??= name));
  parser.on('doctype', (doctype) => {
    // comps names a DTD of old. One that is written inside would define entities.
    if (doctype.includes('[')) throw new Error('its DOCTYPE holds definitions');
  });
  try {
    parser.write(new TextDecoder('utf-8', { fatal: true }).decode(content)).close();
  } catch (error) {
    return `it is not well-formed XML in UTF-8: ${(error as Error).message}.`;
  }
  return root === rootName ? undefined : `its root is <${root}>, and should be <${rootName}>.`;
}

function problemOfModules(content: Buffer): string | undefined {
  const documents = parseAllDocuments(content.toString('utf8'));
  if (documents.length === 0) return 'it holds no document.';
  for (const document of documents) {
    const [error] = document.errors;
    if (error) return `it is not YAML: ${error.message}.`;
    const kind = document.get('document');
    if (typeof kind !== 'string' || !kind.startsWith('modulemd')) {
      return 'one of its documents has no "document: modulemd…", as modulemd wants it.';
    }
  }
  return undefined;
}
