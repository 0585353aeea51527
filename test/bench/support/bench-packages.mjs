/** Packages to publish, made with the real tools: each of one file of random bytes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { interrupted } from './benchmark.mjs';

/** Bytes of each package's file. Packages of any size are hashed as fast; what is compared is the work per package. */
export const FILE_SIZE = 16 * 1024;

const AT_ONCE = 4;

/** @returns {Promise<string[]>} the paths of so many packages */
export const makePackages = { rpm: makeRpms, deb: makeDebs };

/** One spec with many subpackages: rpmbuild writes a thousand in a few seconds. */
async function makeRpms(folder, count) {
  const numbers = Array.from({ length: count }, (_, i) => nameOf(i));
  const sources = join(folder, 'sources');
  await mkdir(sources, { recursive: true });
  for (const name of numbers) await writeFile(join(sources, name), randomBytes(FILE_SIZE));
  const spec = join(folder, 'bench.spec');
  await writeFile(
    spec,
    `Name: bench
Version: 1
Release: 1
Summary: A sample of one file
License: MIT
BuildArch: noarch
%description
A sample.
${numbers.map((name) => `%package -n ${name}\nSummary: A sample of one file\n%description -n ${name}\nA sample.\n`).join('')}
%install
mkdir -p %{buildroot}/usr/share/bench
cp ${sources}/* %{buildroot}/usr/share/bench/
${numbers.map((name) => `%files -n ${name}\n/usr/share/bench/${name}\n`).join('')}
`,
  );
  await run('rpmbuild', ['-bb', '--define', `_topdir ${folder}`, spec], { HOME: folder });
  const built = join(folder, 'RPMS/noarch');
  return (await readdir(built)).sort().map((name) => join(built, name));
}

async function makeDebs(folder, count) {
  const numbers = Array.from({ length: count }, (_, i) => nameOf(i));
  for (let i = 0; i < count; i += AT_ONCE) {
    await Promise.all(numbers.slice(i, i + AT_ONCE).map((name) => makeDeb(folder, name)));
  }
  return numbers.map((name) => join(folder, `${name}_1_all.deb`));
}

async function makeDeb(folder, name) {
  const tree = join(folder, `${name}.tree`);
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(join(tree, 'usr/share/bench'), { recursive: true });
  await writeFile(
    join(tree, 'DEBIAN/control'),
    `Package: ${name}
Version: 1
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: A sample of one file
`,
  );
  await writeFile(join(tree, 'usr/share/bench', name), randomBytes(FILE_SIZE));
  const file = join(folder, `${name}_1_all.deb`);
  await run('dpkg-deb', ['-Zgzip', '--root-owner-group', '--build', tree, file], {});
  await rm(tree, { recursive: true });
}

const nameOf = (i) => `bench-${String(i).padStart(5, '0')}`;

async function run(command, args, env) {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: interrupted,
  });
  let errors = '';
  child.stderr.on('data', (text) => (errors = (errors + text).slice(-2_000)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`);
}
