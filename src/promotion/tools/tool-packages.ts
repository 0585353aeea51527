/** The tools of others that promotion runs, and the Debian package that each comes from. */
export const TOOL_PACKAGES = {
  'apt-ftparchive': 'apt-utils',
  'apt-get': 'apt',
  aptly: 'aptly',
  cosign: 'cosign',
  createrepo_c: 'createrepo-c',
  dpkg: 'dpkg',
  'dpkg-deb': 'dpkg',
  dumpsolv: 'libsolv-tools',
  gpg: 'gnupg',
  gpgconf: 'gpgconf',
  gpgv: 'gpgv',
  mergerepo_c: 'createrepo-c',
  modifyrepo_c: 'createrepo-c',
  repo2solv: 'libsolv-tools',
  rpm: 'rpm',
  rpm2cpio: 'rpm2cpio',
  rpmkeys: 'rpm',
  rpmmd2solv: 'libsolv-tools',
  rpmsign: 'rpm',
  skopeo: 'skopeo',
  xz: 'xz-utils',
  zstd: 'zstd',
} as const;

export type ToolName = keyof typeof TOOL_PACKAGES;
