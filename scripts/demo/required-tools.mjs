import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * What the demo runs and the Debian package that each comes from. It is asked for before anything is installed or
 * built, so this list cannot be that of `src/promotion/tools/tool-packages.ts`, which is built.
 */
const PACKAGE_OF = {
  'apt-get': 'apt',
  createrepo_c: 'createrepo-c',
  'dpkg-deb': 'dpkg',
  dumpsolv: 'libsolv-tools',
  gpg: 'gnupg',
  gpgconf: 'gpgconf',
  gpgv: 'gpgv',
  modifyrepo_c: 'createrepo-c',
  repo2solv: 'libsolv-tools',
  rpm: 'rpm',
  rpmbuild: 'rpm',
  rpmkeys: 'rpm',
  rpmsign: 'rpm',
};

/** What to install before the demo can run; undefined: nothing. */
export function missingTools() {
  const missing = Object.keys(PACKAGE_OF).filter((tool) => !isInstalled(tool));
  const needsAptly = !hasAptly();
  if (missing.length === 0 && !needsAptly) return undefined;
  const packages = [...new Set(missing.map((tool) => PACKAGE_OF[tool]))].sort();
  return [
    `The demo needs ${[...missing, ...(needsAptly ? ['aptly 1.6 or newer'] : [])].join(', ')}. On Debian 12, as root:`,
    ...(packages.length > 0 ? [`  apt-get install ${packages.join(' ')}`] : []),
    ...(needsAptly
      ? [
          '  scripts/ci/install-aptly.sh   # the package "aptly", of Debian 13: that of Debian 12 is 1.5',
        ]
      : []),
    'Then run it again.',
  ].join('\n');
}

function isInstalled(tool) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function hasAptly() {
  const { stdout } = spawnSync('aptly', ['version'], { encoding: 'utf8' });
  const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 6);
}
