/** The tools of others that promotion runs, and the Debian package that each comes from. */
export const TOOL_PACKAGES = {
  'apt-get': 'apt',
  aptly: 'aptly',
  createrepo_c: 'createrepo-c',
  'dpkg-deb': 'dpkg',
  dumpsolv: 'libsolv-tools',
  gpg: 'gnupg',
  gpgconf: 'gpgconf',
  gpgv: 'gpgv',
  modifyrepo_c: 'createrepo-c',
  repo2solv: 'libsolv-tools',
  rpm: 'rpm',
  rpmkeys: 'rpm',
  rpmsign: 'rpm',
} as const;

export type ToolName = keyof typeof TOOL_PACKAGES;
