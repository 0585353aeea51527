import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { mustRun } from './run.js';
import type { SigningKey } from './signing-key.js';

/**
 * A published tree: each publication is a relative symlink into `.snap`, and a release
 * is a new folder there and one rename over the link.
 */
export class PublishedTree {
  private releases = 0;

  constructor(readonly folder: string) {}

  /** Puts a new snapshot, filled by `fill`, live at `publication` (`rpm/core/2025/el9-x86_64`). */
  async release(publication: string, fill: (snapshot: string) => Promise<void>): Promise<void> {
    const [format, ...rest] = publication.split('/');
    this.releases += 1;
    const snapshot = join(this.folder, '.snap', format!, rest.join('-'), `${this.releases}`);
    await mkdir(snapshot, { recursive: true });
    await fill(snapshot);

    const live = join(this.folder, publication);
    await mkdir(dirname(live), { recursive: true });
    await symlink(relative(dirname(live), snapshot), `${live}.new`);
    await rename(`${live}.new`, live);
  }

  /** A folder that somebody made by hand, without a snapshot. */
  async plainFolder(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
    const folder = join(this.folder, path);
    await mkdir(folder, { recursive: true });
    await fill(folder);
  }
}

/** Makes `folder` a signed RPM repository of these (already signed) packages. */
export async function makeRpmRepository(folder: string, rpms: string[], key: SigningKey) {
  await copyInto(join(folder, 'Packages'), rpms);
  await mustRun('createrepo_c', ['--quiet', '--unique-md-filenames', '--no-database', folder]);
  const repomd = join(folder, 'repodata/repomd.xml');
  await key.signDetached(repomd, `${repomd}.asc`);
}

/** Makes `folder` a signed DEB repository with the distribution `bookworm`, component `main`. */
export async function makeDebRepository(folder: string, debs: string[], key: SigningKey) {
  await copyInto(join(folder, 'pool/main'), debs);

  const distribution = join(folder, 'dists/bookworm');
  const index = join(distribution, 'main/binary-amd64');
  await mkdir(index, { recursive: true });
  const packages = await mustRun('apt-ftparchive', ['packages', 'pool'], { cwd: folder });
  await writeFile(join(index, 'Packages'), packages);
  await mustRun('gzip', ['--keep', '--no-name', join(index, 'Packages')]);
  await addByHash(join(index, 'Packages'));
  await addByHash(join(index, 'Packages.gz'));

  const fields = {
    Origin: 'LTS',
    Label: 'LTS',
    Suite: 'bookworm',
    Codename: 'bookworm',
    Architectures: 'amd64',
    Components: 'main',
    'Acquire-By-Hash': 'yes',
  };
  const options = Object.entries(fields).flatMap(([name, value]) => [
    '-o',
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const release = join(distribution, 'Release');
  const text = await mustRun('apt-ftparchive', [...options, 'release', distribution]);
  await writeFile(release, text);
  await key.signDetached(release, `${release}.gpg`);
  await key.signInline(release, join(distribution, 'InRelease'));
}

async function copyInto(folder: string, files: string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of files) await copyFile(file, join(folder, basename(file)));
}

/** apt asks for an index by its hash, so that a switch in between does not mix two releases. */
async function addByHash(index: string): Promise<void> {
  const sha256 = createHash('sha256')
    .update(await readFile(index))
    .digest('hex');
  const folder = join(dirname(index), 'by-hash/SHA256');
  await mkdir(folder, { recursive: true });
  await link(index, join(folder, sha256));
}
