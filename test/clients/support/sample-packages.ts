import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from './run.js';

/**
 * Versions with the characters that clients encode each in their own way: `~ ^ +`,
 * and for DEB an epoch, whose `:` is a literal `%3a` in the file's name.
 */
export const rpmVersions = { first: '1.0~rc1+git5^3', second: '1.0+git6' };
export const debVersions = { first: '1:1.0~rc1+git5', second: '1:1.0+git6' };

export interface SamplePackage {
  name: string;
  version: string;
}

/** The one file that a sample package installs; it holds the package's version. */
const installedFile = (name: string) => `usr/share/${name}/version`;

/** The version of a sample package that is installed in a root, read from its file there. */
export async function installedVersion(root: string, name: string): Promise<string | undefined> {
  const file = join(root, installedFile(name));
  return existsSync(file) ? (await readFile(file, 'utf8')).trim() : undefined;
}

/** Builds a noarch RPM of one file and answers its path. */
export async function buildRpm(folder: string, { name, version }: SamplePackage): Promise<string> {
  const top = await mkdtemp(join(folder, 'rpmbuild-'));
  const spec = join(top, `${name}.spec`);
  await writeFile(
    spec,
    `Name: ${name}
Version: ${version}
Release: 1
Summary: A sample of one file
License: MIT
BuildArch: noarch
%description
A sample of one file.
%install
install -D /dev/stdin %{buildroot}/${installedFile(name)} <<'END'
${version}
END
%files
/${installedFile(name)}
`,
  );
  await mustRun('rpmbuild', ['-bb', '--define', `_topdir ${top}`, spec], { env: { HOME: top } });
  return join(top, 'RPMS/noarch', `${name}-${version}-1.noarch.rpm`);
}

/** Builds an `all` DEB of one file and answers its path. */
export async function buildDeb(folder: string, { name, version }: SamplePackage): Promise<string> {
  const top = await mkdtemp(join(folder, 'dpkg-deb-'));
  const content = join(top, 'content');
  await mkdir(join(content, 'DEBIAN'), { recursive: true });
  await writeFile(
    join(content, 'DEBIAN/control'),
    `Package: ${name}
Version: ${version}
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: A sample of one file
`,
  );
  await mkdir(join(content, `usr/share/${name}`), { recursive: true });
  await writeFile(join(content, installedFile(name)), `${version}\n`);
  const file = join(top, `${name}_${version.replace(':', '%3a')}_all.deb`);
  await mustRun('dpkg-deb', ['--root-owner-group', '--build', content, file]);
  return file;
}
