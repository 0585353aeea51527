import type { TextGrammar } from '../common/yaml/text-grammar.js';

/*
 * Names become folders, and several of them together one folder's name, so each
 * has a length at which the longest combination still fits into the 255 bytes
 * that a file system allows.
 */

export const COMPONENT_NAME: TextGrammar = {
  pattern: /^[a-z0-9][a-z0-9-]{0,62}$/,
  meaning:
    'a component name: lower-case letters, digits and hyphens, at most 63, ' +
    'the first a letter or a digit',
};

/** NUL and lone surrogates are valid YAML and JSON, but no text that PostgreSQL stores. */
export const DESCRIPTION: TextGrammar = {
  pattern: /^[^\0\p{Surrogate}]*$/u,
  meaning: 'a description: it holds a NUL or half a surrogate pair',
};

export const SERIES: TextGrammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  meaning:
    'a series: letters, digits, dots, hyphens and underscores, at most 64, ' +
    'the first a letter or a digit, such as "2025"',
};

const RPM_ARCHITECTURES = [
  'x86_64',
  'aarch64',
  'ppc64le',
  's390x',
  'riscv64',
  'armv7hl',
  'i686',
  'i386',
];

/** `noarch` is no target: a noarch package fits every target of its release. */
export const RPM_TARGET: TextGrammar = {
  pattern: new RegExp(
    `^(?=.{1,64}$)[A-Za-z0-9][A-Za-z0-9._-]*-(?:${RPM_ARCHITECTURES.join('|')})$`,
  ),
  meaning:
    'an RPM target: <release>-<architecture> such as el9-x86_64, at most 64 characters, ' +
    `the architecture one of ${RPM_ARCHITECTURES.join(', ')}`,
};

export const DEB_DISTRIBUTION: TextGrammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  meaning:
    'a distribution: letters, digits, dots, hyphens and underscores, at most 64, ' +
    'the first a letter or a digit, such as bookworm',
};

const DEB_ARCHITECTURES = [
  'amd64',
  'arm64',
  'armhf',
  'armel',
  'i386',
  'ppc64el',
  's390x',
  'riscv64',
  'loong64',
  'mips64el',
];

/** `all` is no architecture here: such a package enters every one of its distribution. */
export const DEB_ARCHITECTURE: TextGrammar = {
  pattern: new RegExp(`^(?:${DEB_ARCHITECTURES.join('|')})$`),
  meaning: `a Debian architecture: one of ${DEB_ARCHITECTURES.join(', ')}`,
};

/** One path component of `<name>`: OCI distribution specification 1.1, "Pulling manifests". */
export const OCI_REPOSITORY: TextGrammar = {
  pattern: /^(?=.{1,128}$)[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/,
  meaning:
    'an OCI repository: one segment of lower-case letters and digits, parted by single dots, ' +
    'one or two underscores or hyphens, at most 128 characters',
};

const OCI_ARCHITECTURES = [
  'amd64',
  'arm64',
  'arm',
  '386',
  'ppc64le',
  's390x',
  'riscv64',
  'loong64',
  'mips64le',
];

/** The values of `GOARCH`, as the OCI image specification wants them in an index. */
export const OCI_ARCHITECTURE: TextGrammar = {
  pattern: new RegExp(`^(?:${OCI_ARCHITECTURES.join('|')})$`),
  meaning: `an OCI architecture: one of ${OCI_ARCHITECTURES.join(', ')}`,
};
