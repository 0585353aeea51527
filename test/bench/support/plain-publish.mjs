/**
 * What Packyard is compared with, on the very same files: the plain tool, which signs and verifies nothing, and the same
 * with signatures by gpg (rpmsign of each RPM, then of the metadata), as a careful person would publish by hand.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { interrupted } from './benchmark.mjs';
import { watchMemory } from './process-figures.mjs';

/**
 * Each takes a folder of its own, and a keyring where it is to sign, and answers `publish(files)`, which publishes these
 * beside those of before.
 */
export const plainTools = { rpm: createrepo, deb: aptly };

/** A key as the operator's is (RSA 4096), without a passphrase. @returns what gpg needs to find it, and what ends its agent */
export async function makeKeyring(folder) {
  const env = { ...plainEnvironment, GNUPGHOME: folder };
  const user = 'Bench <bench@example.org>';
  const unattended = ['--batch', '--passphrase', '', '--pinentry-mode', 'loopback'];
  const options = [...unattended, '--quick-generate-key', user, 'rsa4096', 'sign', 'never'];
  await measured([['gpg', '--quiet', ...options]], env);
  return { env, user, close: () => measured([['gpgconf', '--kill', 'all']], env) };
}

async function createrepo(folder, keyring) {
  const options = ['--quiet', '--no-database', '--general-compress-type', 'gz'];
  let isFirst = true;
  return async (files) => {
    const packages = join(folder, 'Packages');
    await mkdir(packages, { recursive: true });
    const copies = files.map((file) => join(packages, basename(file)));
    for (const [i, file] of files.entries()) await copyFile(file, copies[i]);
    const update = isFirst ? [] : ['--update'];
    isFirst = false;
    const create = ['createrepo_c', ...options, ...update, folder];
    if (!keyring) return measured([create]);
    const name = ['--define', `_gpg_name ${keyring.user}`, '--define', '__gpg /usr/bin/gpg'];
    const detached = ['--batch', '--yes', '--armor', '--detach-sign'];
    return measured(
      [
        ['rpmsign', '--addsign', ...name, ...copies],
        create,
        ['gpg', ...detached, join(folder, 'repodata/repomd.xml')],
      ],
      keyring.env,
    );
  };
}

async function aptly(folder, keyring) {
  const config = join(folder, 'aptly.conf');
  await writeFile(config, JSON.stringify({ rootDir: folder, gpgDisableSign: !keyring }));
  const command = (...args) => ['aptly', `-config=${config}`, ...args];
  const distribution = 'bookworm';
  let number = 0;
  return async (files) => {
    const incoming = join(folder, `incoming-${(number += 1)}`);
    await mkdir(incoming);
    for (const file of files) await copyFile(file, join(incoming, basename(file)));
    const signing = keyring ? [`-gpg-key=${keyring.user}`] : ['-skip-signing'];
    const options = ['-batch', ...signing, '-skip-contents', '-skip-bz2'];
    const asFirst = [...options, '-architectures=amd64', '-acquire-by-hash'];
    return measured(
      number === 1
        ? [
            command('repo', 'create', distribution),
            command('repo', 'add', distribution, incoming),
            command('publish', 'repo', ...asFirst, `-distribution=${distribution}`, distribution),
          ]
        : [
            command('repo', 'add', distribution, incoming),
            command('publish', 'update', ...options, distribution),
          ],
      keyring?.env,
    );
  };
}

const plainEnvironment = { PATH: process.env.PATH, HOME: process.env.HOME };

/** Runs commands one after the other. @returns seconds of all, and the most megabytes that one had */
async function measured(commands, env = plainEnvironment) {
  let megabytes = 0;
  const startedAt = performance.now();
  for (const [program, ...args] of commands) {
    const child = spawn(program, args, {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: interrupted,
    });
    const memory = watchMemory(child.pid);
    let errors = '';
    child.stderr.on('data', (text) => (errors = (errors + text).slice(-2_000)));
    const [code] = await once(child, 'close');
    megabytes = Math.max(megabytes, memory());
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${errors}`);
  }
  return { seconds: (performance.now() - startedAt) / 1000, megabytes };
}
