import { MalformedMetadata } from './malformed-metadata.js';
import { COMPONENT } from './release-file.js';
import { requireField, type Stanza, trim } from './stanza.js';

/** What a binary package says of itself. */
export interface PackageControl {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** The name of the source package that it was built from. */
  readonly source: string;
}

/** Debian policy 5.6.1: lower-case letters, digits and `+ - .`, at least two, the first a letter or digit. */
const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]{1,127}$/;
/**
 * Debian policy 5.6.12: `[epoch:]upstream[-revision]`, the upstream version starting with a digit (dpkg-deb asks for
 * it too). That an upstream version may hold a colon is not used by anybody, and makes file names ambiguous.
 */
const VERSION = /^(?:[0-9]{1,9}:)?[0-9][A-Za-z0-9.+~]*(?:-[A-Za-z0-9.+~]+)*$/;
const MAX_VERSION_LENGTH = 128;
const ARCHITECTURE = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** What the index of a repository says of a package's file; in the package itself they would be overwritten. */
export const FILE_FIELDS = ['filename', 'size', 'md5sum', 'sha1', 'sha256', 'sha512'] as const;

/** @throws MalformedMetadata where a field is missing or not of the form that Debian's policy gives it */
export function readControl(stanza: Stanza): PackageControl {
  const name = matching(stanza, 'Package', PACKAGE_NAME);
  const version = matching(stanza, 'Version', VERSION);
  if (version.length > MAX_VERSION_LENGTH) throw new MalformedMetadata('its Version is too long');
  return {
    name,
    version,
    architecture: matching(stanza, 'Architecture', ARCHITECTURE),
    source: stanza.has('source') ? sourceName(requireField(stanza, 'Source')) : name,
  };
}

/** Where aptly puts a package's file with `-multi-dist`: `pool/bookworm/main/liba/libacme/libacme_1.0-1_amd64.deb`. */
export function poolPath(distribution: string, source: string, fileName: string): string {
  const folder = source.startsWith('lib') ? source.slice(0, 4) : source.slice(0, 1);
  return `pool/${distribution}/${COMPONENT}/${folder}/${source}/${fileName}`;
}

/** What tells the packages of a distribution apart, as aptly and apt write it: `acme_1:2.0-1_amd64`. */
export function packageKey({
  name,
  version,
  architecture,
}: Omit<PackageControl, 'source'>): string {
  return `${name}_${version}_${architecture}`;
}

/**
 * The names that the file of a package may have: with the epoch left out, as `dpkg-deb` and `dpkg-buildpackage` do, or
 * with its colon as `%3a`, as `apt-get download` does.
 */
export function fileNames(control: PackageControl, extension: string): string[] {
  const { name, version, architecture } = control;
  const versions = new Set([version.replace(/^[0-9]+:/, ''), version.replace(':', '%3a')]);
  return [...versions].map((each) => `${name}_${each}_${architecture}${extension}`);
}

function matching(stanza: Stanza, name: string, grammar: RegExp): string {
  const value = requireField(stanza, name);
  if (!grammar.test(value)) {
    throw new MalformedMetadata(
      `its ${name} "${value}" is not of the form that Debian policy gives it`,
    );
  }
  return value;
}

/** `acme (1.0-1)` where the source package has another version. */
function sourceName(source: string): string {
  const name = trim(/^([^(]*)(?:\([^()]*\))?$/.exec(source)?.[1] ?? '');
  // aptly takes the fourth letter of a name that starts with "lib", and stops where there is none.
  if (!PACKAGE_NAME.test(name) || name === 'lib') {
    throw new MalformedMetadata(
      `its Source "${source}" is not of the form that Debian policy gives it`,
    );
  }
  return name;
}
