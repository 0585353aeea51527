import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkout } from '../prepare.mjs';

/** What a person's shell gives a program, and none of the settings that are meant for another Packyard. */
export function plainEnvironment() {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'TERM', 'TMPDIR', 'COLUMNS', 'NO_COLOR'];
  const given = names.filter((name) => process.env[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, process.env[name]]));
}

/** Shows a command as a person would type it, and runs it in the checkout. Never a secret among `args`. */
export async function runVisibly(command, args, { env, signal }) {
  console.log(`$ ${asTyped(command, args, env)}`);
  await run(command, args, { env, signal, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Runs a command whose output is shown only when it fails. */
export async function runQuietly(command, args, { env, signal }) {
  await run(command, args, { env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(command, args, { env, signal, stdio }) {
  const child = spawn(command, args, {
    cwd: checkout,
    env: { ...plainEnvironment(), ...env },
    stdio,
    signal,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
  const [code, killedBy] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${killedBy ?? code}\n${output}`.trim());
}

export function asTyped(command, args, env = {}) {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [...settings, command, ...args].join(' ');
}
