/** Sample packages, as a build makes them: with rpmbuild and dpkg-deb. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runQuietly } from './run.mjs';

const NAME = 'packyard-hello';
const VERSION = '1.0';
const TEXT = 'Hello from a package that Packyard let you have.';

/** @returns the path of an RPM for every architecture */
export async function buildRpm(folder, signal) {
  const top = join(folder, 'rpmbuild');
  await mkdir(top, { recursive: true });
  const spec = join(top, `${NAME}.spec`);
  await writeFile(
    spec,
    `Name: ${NAME}
Version: ${VERSION}
Release: 1
Summary: A sample of one file
License: MIT
BuildArch: noarch
%description
A sample of one file.
%install
mkdir -p %{buildroot}/usr/share/${NAME}
echo '${TEXT}' >%{buildroot}/usr/share/${NAME}/hello
%files
/usr/share/${NAME}
`,
  );
  // The home keeps what a person's own ~/.rpmmacros says out of it.
  const options = { env: { HOME: top }, signal };
  await runQuietly('rpmbuild', ['-bb', '--define', `_topdir ${top}`, spec], options);
  return join(top, 'RPMS/noarch', `${NAME}-${VERSION}-1.noarch.rpm`);
}

/** @returns the path of a DEB for every architecture */
export async function buildDeb(folder, signal) {
  const top = join(folder, 'dpkg-deb');
  const tree = join(top, 'tree');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(join(tree, 'usr/share', NAME), { recursive: true });
  await writeFile(
    join(tree, 'DEBIAN/control'),
    `Package: ${NAME}
Version: ${VERSION}
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: A sample of one file
`,
  );
  await writeFile(join(tree, 'usr/share', NAME, 'hello'), `${TEXT}\n`);
  const file = join(top, `${NAME}_${VERSION}_all.deb`);
  await runQuietly('dpkg-deb', ['--root-owner-group', '--build', tree, file], { signal });
  return file;
}
