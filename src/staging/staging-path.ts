import { COMPONENT_NAME, SERIES } from '../components/catalogue-grammar.js';
import { type Destination, FORMATS, type Format } from '../promotion/publication.js';

/** Written last, so that a file with one is whole. */
export const CHECKSUM_SUFFIX = '.sha256';

/** Where promoted files go; no component can be staged under this name. */
export const PROMOTED = 'promoted';

/**
 * Bytes. What one S3 request can upload or copy; a package of RPM or Debian that is larger could not be
 * installed by many of the clients either.
 */
export const LARGEST_STAGED_FILE = 5 * 1024 ** 3;

/** Bytes of a file's name: what file systems allow (255), less what its checksum's name has besides. */
const LONGEST_NAME = 255 - CHECKSUM_SUFFIX.length;

/** An RPM target, a distribution and architecture, an OCI architecture; which there are, the catalogue says. */
const TARGET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Control characters, half surrogate pairs, line separators, and what stands in for bytes that are not UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u;

export interface StagingPlace {
  readonly destination: Destination;
  readonly name: string;
}

/** `core/2025/rpm/el9-x86_64/acme-1.0-1.x86_64.rpm` */
export function stagingPath(destination: Destination, name: string): string {
  return `${stagingFolder(destination)}/${name}`;
}

export function stagingFolder({ component, series, format, target }: Destination): string {
  return [component, series, format, target].join('/');
}

/** What a path says of where its file belongs, or what is wrong with it, as a sentence's end. */
export function parseStagingPath(path: string): StagingPlace | { readonly problem: string } {
  const segments = path.split('/');
  if (segments.length !== 5) {
    return { problem: 'it is not at {component}/{series}/{format}/{target}/{file}' };
  }
  const [component = '', series = '', format = '', target = '', name = ''] = segments;
  const problem =
    destinationProblem({ component, series, format, target }) ?? fileNameProblem(name);
  if (problem !== undefined) return { problem };
  return { destination: { component, series, format: format as Format, target }, name };
}

/** What is wrong with a destination as text, if anything. Whether the catalogue has it is not asked here. */
export function destinationProblem({
  component,
  series,
  format,
  target,
}: Readonly<Record<keyof Destination, string>>): string | undefined {
  if (component === PROMOTED) return `"${PROMOTED}" is where promoted files go, and no component`;
  if (!COMPONENT_NAME.pattern.test(component)) return `"${component}" is not a component's name`;
  if (!SERIES.pattern.test(series)) return `"${series}" is not a series`;
  if (!(FORMATS as readonly string[]).includes(format)) {
    return `"${format}" is not a format: it is one of ${FORMATS.join(', ')}`;
  }
  if (!TARGET.test(target)) return `"${target}" is not a target`;
  return undefined;
}

/** What is wrong with the name of a staged file, if anything. */
export function fileNameProblem(name: string): string | undefined {
  if (name === '') return 'it has no name';
  if (UNPRINTABLE.test(name)) {
    return 'its name holds a control character or is not UTF-8';
  }
  if (/[/\\]/.test(name)) return 'its name holds a slash or a backslash';
  if (name.startsWith('.')) return 'its name begins with a dot';
  if (name.endsWith(CHECKSUM_SUFFIX)) return `its name ends in ${CHECKSUM_SUFFIX}`;
  if (Buffer.byteLength(name) > LONGEST_NAME)
    return `its name is longer than ${LONGEST_NAME} bytes`;
  return undefined;
}

/** The order of an S3 listing, by the bytes of UTF-8; that of JavaScript differs beyond the basic plane. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
