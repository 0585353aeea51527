import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What this tier runs, and the Debian package that each comes from. */
const packageOf = {
  age: 'age',
  'apt-ftparchive': 'apt-utils',
  'apt-get': 'apt',
  aptly: 'aptly',
  createrepo_c: 'createrepo-c',
  ctr: 'containerd',
  curl: 'curl',
  debootstrap: 'debootstrap',
  dnf: 'dnf',
  docker: 'docker.io',
  dockerd: 'docker.io',
  dpkg: 'dpkg',
  'dpkg-deb': 'dpkg',
  gpg: 'gnupg',
  nginx: 'nginx',
  nsenter: 'util-linux',
  perl: 'perl',
  podman: 'podman',
  repo2solv: 'libsolv-tools',
  rsync: 'rsync',
  rpmbuild: 'rpm',
  rpmsign: 'rpm',
  script: 'bsdutils',
  shellcheck: 'shellcheck',
  skopeo: 'skopeo',
  ssh: 'openssh-client',
  unshare: 'util-linux',
  wget: 'wget',
  zypper: 'zypper',
};

/** A missing tool fails the run: a skipped client would read as a client that works. */
export function requireTools(): void {
  const missing = Object.entries(packageOf)
    .filter(([tool]) => !isInstalled(tool))
    .map(([tool, debianPackage]) => `  ${tool} (Debian package ${debianPackage})`);
  if (process.getuid?.() !== 0) missing.push('  root: package managers chroot into their own root');
  if (missing.length === 0) return;
  throw new Error(
    `The client tests cannot run without:\n${missing.join('\n')}\n` +
      'On Debian 12, scripts/ci/install-client-tools.sh (as root) installs all of them.',
  );
}

function isInstalled(tool: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
