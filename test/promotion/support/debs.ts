import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';

export interface SampleDeb {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** More lines of its `control`. */
  readonly control?: string;
  /** What its one file holds. */
  readonly content?: string;
  /** Of its name; otherwise as `dpkg-deb` names it, without the epoch. */
  readonly fileName?: string;
}

/** Builds a package of one file and answers its path. */
export async function buildDeb(folder: string, sample: SampleDeb): Promise<string> {
  const { name, version, architecture, control = '', content = version } = sample;
  await mkdir(folder, { recursive: true });
  const tree = await mkdtemp(join(folder, 'tree-'));
  await mkdir(join(tree, 'DEBIAN'));
  await writeFile(
    join(tree, 'DEBIAN/control'),
    `Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: Nobody <nobody@example.org>
Description: A sample of one file
${control}`,
  );
  await mkdir(join(tree, `usr/share/${name}`), { recursive: true });
  await writeFile(join(tree, `usr/share/${name}/version`), `${content}\n`);
  const fileName = sample.fileName ?? `${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
  const file = join(folder, fileName);
  await mustRun('dpkg-deb', ['-Zgzip', '--root-owner-group', '--build', tree, file]);
  await rm(tree, { recursive: true });
  return file;
}

/** The name and size of a file, for whoever compares two of them. */
export async function nameAndSize(file: string): Promise<[string, number]> {
  return [basename(file), (await stat(file)).size];
}
