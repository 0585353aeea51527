/**
 * Makes a checkout ready to run: installs the packages and builds, each only when
 * what is there was not made from the files of this checkout. Plain Node, since
 * on a fresh clone there is nothing else.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  linkSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('..', import.meta.url));
const lockFile = join(checkout, '.prepare.lock');
const buildStamp = join(checkout, 'dist/.inputs');

/** Whether there is nothing to install and nothing to build. */
export function isPrepared() {
  return isInstalled() && isBuilt();
}

/** Installs and builds as needed. Where that fails, says why and ends the process. */
export async function prepare() {
  try {
    checkNodeVersion();
    if (isPrepared()) return;
    await takeLock();
    try {
      if (!isInstalled()) await install();
      if (!isBuilt()) await build();
    } finally {
      releaseLock();
    }
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

function checkNodeVersion() {
  const { node: wanted } = readJson('package.json').engines;
  const numbers = (version) => version.match(/\d+/g).map(Number);
  const [[major, minor], [wantedMajor, wantedMinor]] = [process.version, wanted].map(numbers);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Error(`Packyard needs Node ${wanted}, and this is ${process.version}.`);
}

/**
 * Whether node_modules is what package-lock.json asks for on this platform. npm
 * records what it installed when it has finished, so a killed install has no record.
 */
function isInstalled() {
  try {
    const locked = readJson('package-lock.json').packages;
    const installed = readJson('node_modules/.package-lock.json').packages;
    return (
      Object.entries(installed).every(
        ([path, found]) => isSame(found, locked[path]) && fits(found),
      ) &&
      Object.entries(locked).every(
        ([path, asked]) => path in installed || isDispensable(path, asked),
      )
    );
  } catch {
    return false;
  }
}

const isSame = (a, b) => a.version === b?.version && a.integrity === b?.integrity;
const fits = ({ os, cpu }) =>
  (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true);
// Of optional packages, npm leaves out those of other platforms and what only they need.
const isDispensable = (path, asked) => path === '' || asked.optional === true;

async function install() {
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  // The build needs the development packages, whatever NODE_ENV or npm's settings say.
  const options = ['--include=dev', '--include=optional', '--loglevel=error'];
  await step('Installing packages (first start only, about a minute)', [...npm, 'ci', ...options]);
}

/** Whether dist was built from these sources, and to its end: the stamp is written last. */
function isBuilt() {
  try {
    return readFileSync(buildStamp, 'utf8') === hashOfInputs();
  } catch {
    return false;
  }
}

async function build() {
  const inputs = hashOfInputs();
  rmSync(buildStamp, { force: true });
  const nest = join(checkout, 'node_modules/@nestjs/cli/bin/nest.js');
  await step('Building', [process.execPath, nest, 'build']);
  writeFileSync(buildStamp, inputs);
}

/** One hash over the names and contents of all that the compiler reads. */
function hashOfInputs() {
  const settings = readdirSync(checkout).filter((name) =>
    /^(tsconfig.*|nest-cli|package-lock)\.json$/.test(name),
  );
  const sources = ['src', 'migrations'].flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true })
      .filter((name) => /(?<!\.spec)\.ts$/.test(name))
      .map((name) => join(folder, name)),
  );
  const hash = createHash('sha256');
  for (const file of [...settings, ...sources].sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(checkout, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * Runs one command in the checkout and says on one line what it does and how
 * long it took. Its output is shown only if it fails, which ends the process; so
 * does Ctrl-C, at once: what the command leaves unfinished, the next start redoes.
 */
async function step(name, [command, ...args]) {
  process.stderr.write(`${name}… `);
  const began = Date.now();
  const child = spawn(command, args, {
    cwd: checkout,
    env: withoutSigningKeys(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid) appendFileSync(lockFile, ` ${child.pid}`);
  const stop = (signal, number) => {
    child.kill('SIGKILL');
    releaseLock();
    process.stderr.write('stopped\n');
    process.exit(128 + number);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);

  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const how = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
  if (how !== 'exit code 0') {
    process.stderr.write('failed\n');
    throw new Error(`${output.trim()}\nThat failed (${how}); why is above.`);
  }
  process.stderr.write(`done in ${Math.max(1, Math.round((Date.now() - began) / 1000))} s\n`);
}

/**
 * Waits until no other start in this checkout installs or builds. The lock names
 * the processes at work, so that one which was killed keeps nobody waiting, and an
 * install that outlived its start does.
 */
async function takeLock() {
  for (let told = false; ;) {
    if (createLock()) {
      // Two that find the same dead lock may both replace it; only the last has it then.
      await sleep(100);
      if (readLock()[0] === process.pid) return;
    }
    const atWork = readLock().find(isRunning);
    if (!atWork) {
      rmSync(lockFile, { force: true });
      continue;
    }
    if (!told) {
      console.error(
        `Waiting for process ${atWork}, which prepares this checkout (if it does not, remove ${lockFile})…`,
      );
      told = true;
    }
    await sleep(200);
  }
}

/** Makes the lock whole, so that nobody sees it empty; false when there is one. */
function createLock() {
  const mine = `${lockFile}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lockFile);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function releaseLock() {
  rmSync(lockFile, { force: true });
}

/** The processes at work, the one that took the lock first. */
function readLock() {
  try {
    return readFileSync(lockFile, 'utf8').split(' ').map(Number);
  } catch {
    return [];
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const readJson = (name) => JSON.parse(readFileSync(join(checkout, name), 'utf8'));

/** `bin/packyard promote` has them, and nothing that installs or builds needs them. */
function withoutSigningKeys(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(GPG|COSIGN)_/.test(name)));
}
