import { MetadataProblem } from './metadata-problem.js';
import { StrictXml } from './strict-xml.js';

/** What a repository may consist of. `group` is comps. */
const REPOMD_TYPES = [
  ...(['primary', 'filelists', 'other'] as const),
  ...(['group', 'group_gz', 'updateinfo', 'modules'] as const),
] as const;
export type RepomdType = (typeof REPOMD_TYPES)[number];

/** A file that `repomd.xml` names. */
export interface RepomdFile {
  readonly type: RepomdType;
  /** In the repository: `repodata/<sha256>-primary.xml.gz`. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Of what is compressed in it; absent where nothing is. */
  readonly open?: { readonly size: number; readonly sha256: string };
  /** Seconds since 1970. */
  readonly timestamp: number;
}

export interface Repomd {
  /** Seconds since 1970, by which a client sees which of two is newer. */
  readonly revision: number;
  /** The publication that it is of, `rpm/core/2025/el9-x86_64`: what keeps one from passing for another. */
  readonly publication: string;
  readonly files: ReadonlyMap<RepomdType, RepomdFile>;
}

export const repomdPath = 'repodata/repomd.xml';
export const repomdSignaturePath = 'repodata/repomd.xml.asc';

/** Bytes. Ours have 4 kB. */
export const longestRepomd = 256 * 1024;

/** Bytes of one file: beyond them is no repository, but an attack on who reads it. */
const largestFile = { size: 512 * 1024 * 1024, openSize: 4 * 1024 * 1024 * 1024 };

const namespaces = {
  xmlns: 'http://linux.duke.edu/metadata/repo',
  'xmlns:rpm': 'http://linux.duke.edu/metadata/rpm',
};

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/**
 * Reads a `repomd.xml` as we have createrepo_c write it, gzip and SHA-256 throughout, and nothing else.
 * @throws MetadataProblem
 */
export function parseRepomd(bytes: Uint8Array): Repomd {
  if (bytes.length > longestRepomd) fail(`it is longer than ${longestRepomd} bytes`);
  const root = parseTree(bytes);
  if (root.name !== 'repomd') fail(`its root is <${root.name}>`);
  requireAttributes(root, namespaces);
  requireNoText(root);

  const [revision, tags, ...data] = root.children;
  if (revision?.name !== 'revision') fail('its first element is not <revision>');
  if (tags?.name !== 'tags') fail('its second element is not <tags>');
  const files = new Map<RepomdType, RepomdFile>();
  for (const file of data.map(toFile)) {
    if (files.has(file.type)) fail(`it names ${file.type} twice`);
    files.set(file.type, file);
  }
  for (const needed of ['primary', 'filelists', 'other'] as const) {
    if (!files.has(needed)) fail(`it names no ${needed}`);
  }
  return {
    revision: toNumber(textOf(revision)),
    publication: textOf(childrenOf(tags, ['repo']).repo),
    files,
  };
}

function toFile(data: Element): RepomdFile {
  if (data.name !== 'data') fail(`it holds <${data.name}>`);
  const type = REPOMD_TYPES.find((known) => known === data.attributes.type);
  if (type === undefined) fail(`it names ${data.attributes.type ?? 'data without a type'}`);
  requireAttributes(data, { type });

  const plain = ['checksum', 'location', 'timestamp', 'size'] as const;
  const packed = [...plain, 'open-checksum', 'open-size'] as const;
  // createrepo_c has comps twice: as it is, for clients that read no other, and compressed.
  const elements = childrenOf(data, type === 'group' ? plain : packed);
  const sha256 = toChecksum(elements.checksum);
  const path = toLocation(elements.location, sha256);
  const size = toSize(elements.size, largestFile.size);
  const timestamp = toNumber(textOf(elements.timestamp));
  if (type === 'group') return { type, path, size, sha256, timestamp };

  const open = {
    size: toSize(elements['open-size'], largestFile.openSize),
    sha256: toChecksum(elements['open-checksum']),
  };
  return { type, path, size, sha256, open, timestamp };
}

function toLocation(element: Element, sha256: string): string {
  const { href = '' } = element.attributes;
  requireAttributes(element, { href });
  if (element.text !== '' || element.children.length > 0) fail('a <location> is not empty');
  const named = /^repodata\/([0-9a-f]{64})-[a-z]+\.(?:xml|yaml)(?:\.gz)?$/.exec(href);
  if (named?.[1] !== sha256) fail(`it names ${JSON.stringify(href)}`);
  return href;
}

function toChecksum(element: Element): string {
  requireAttributes(element, { type: 'sha256' });
  const { text } = element;
  if (!/^[0-9a-f]{64}$/.test(text) || element.children.length > 0) fail('a checksum is no SHA-256');
  return text;
}

function toSize(element: Element, most: number): number {
  const size = toNumber(textOf(element));
  if (size > most) fail(`it names a file of ${size} bytes, and ${most} is the most`);
  return size;
}

function toNumber(text: string): number {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) fail(`${JSON.stringify(text)} is no number`);
  return Number(text);
}

function textOf(element: Element): string {
  requireAttributes(element, {});
  if (element.children.length > 0) fail(`<${element.name}> holds an element`);
  return element.text;
}

/** Each of these once, in whatever order, and no other. */
function childrenOf<Name extends string>(
  parent: Element,
  names: readonly Name[],
): Record<Name, Element> {
  requireNoText(parent);
  const byName = new Map(parent.children.map((child) => [child.name, child]));
  const exact =
    byName.size === names.length &&
    parent.children.length === names.length &&
    names.every((name) => byName.has(name));
  if (!exact) fail(`a <${parent.name}> does not hold exactly ${names.join(', ')}`);
  return Object.fromEntries(byName) as Record<Name, Element>;
}

function requireAttributes(element: Element, wanted: Readonly<Record<string, string>>): void {
  const names = Object.keys(element.attributes);
  const exact =
    names.length === Object.keys(wanted).length &&
    names.every((name) => element.attributes[name] === wanted[name]);
  if (!exact) fail(`<${element.name}> has attributes that it should not have, or lacks one`);
}

function requireNoText(element: Element): void {
  if (element.text.trim() !== '') fail(`<${element.name}> holds text`);
}

function parseTree(bytes: Uint8Array): Element {
  const top: Element[] = [];
  const open: Element[] = [];
  const xml = new StrictXml('repomd.xml', {
    open(name, attributes) {
      const element = { name, attributes, children: [], text: '' };
      (open.at(-1)?.children ?? top).push(element);
      open.push(element);
    },
    text(text) {
      const element = open.at(-1);
      if (element) element.text += text;
    },
    close() {
      open.pop();
    },
  });
  xml.write(bytes);
  xml.end();
  return top[0]!;
}

function fail(reason: string): never {
  throw new MetadataProblem(`repomd.xml is not as createrepo_c writes it: ${reason}`);
}
