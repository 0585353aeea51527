import { MalformedMetadata } from './malformed-metadata.js';
import { packageKey, readControl } from './package-control.js';
import { plainFields } from './plain-fields.js';
import { COMPONENT } from './release-file.js';
import { parseStanzas, requireField, type Stanza } from './stanza.js';

/** A package as an index lists it. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Of its file in the publication. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** All of it, in its plain form. */
  readonly fields: Stanza;
}

const PATH = /^pool\/[A-Za-z0-9+.~_%-]+(?:\/[A-Za-z0-9][A-Za-z0-9+.~_%-]*)+\.d?deb$/;

/**
 * Reads the `Packages` of a distribution: its packages by `packageKey`.
 *
 * @throws MalformedMetadata where it is none, lists a package or a file twice, or a file of another distribution
 */
export function parsePackages(
  content: Buffer,
  distribution: string,
): ReadonlyMap<string, IndexedPackage> {
  const packages = new Map<string, IndexedPackage>();
  const paths = new Set<string>();
  for (const stanza of parseStanzas(content)) {
    const listed = readPackage(stanza);
    const key = packageKey(listed);
    if (packages.has(key)) throw new MalformedMetadata(`it lists ${key} twice`);
    if (paths.has(listed.path)) throw new MalformedMetadata(`it lists ${listed.path} twice`);
    if (!listed.path.startsWith(`pool/${distribution}/${COMPONENT}/`)) {
      throw new MalformedMetadata(`it lists ${listed.path}, which is not of ${distribution}`);
    }
    packages.set(key, listed);
    paths.add(listed.path);
  }
  return packages;
}

function readPackage(stanza: Stanza): IndexedPackage {
  const { name, version, architecture } = readControl(stanza);
  const path = requireField(stanza, 'Filename');
  const size = requireField(stanza, 'Size');
  const sha256 = requireField(stanza, 'SHA256');
  if (!PATH.test(path)) throw new MalformedMetadata(`"${path}" is no path of a package`);
  if (!/^[1-9][0-9]{0,14}$/.test(size)) throw new MalformedMetadata(`"${size}" is no size`);
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new MalformedMetadata(`"${sha256}" is no SHA-256`);
  return {
    name,
    version,
    architecture,
    path,
    size: Number(size),
    sha256,
    fields: plainFields(stanza),
  };
}
