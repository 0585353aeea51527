/** Which machine this is, and which of its cores the server and the load generator get. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const allowed = allowedCores();
const canPin = allowed.length > 1 && isInstalled('taskset');

/** Core numbers as text; undefined where nothing can be pinned. */
export const cores = canPin
  ? { server: allowed[0], load: allowed[1], otherLoad: allowed[2] ?? allowed[1] }
  : {};

export function describeMachine() {
  return {
    node: process.version,
    cpu: cpus()[0].model,
    cores: allowed.length,
    pinned: canPin ? cores : 'no: needs two cores, and taskset',
  };
}

export function machineLine() {
  const { node, cpu } = describeMachine();
  const where = canPin
    ? `server on core ${cores.server}, wrk on core ${cores.load}`
    : 'nothing pinned: server and wrk may share a core';
  return `Node ${node}, ${cpu}, ${allowed.length} cores (${where})`;
}

/** The command line that runs this command on one core. */
export function onCore(core, command) {
  return core === undefined ? command : ['taskset', '-c', core, ...command];
}

/** Moves a running process, with all its threads, to one core. */
export function pin(pid, core) {
  if (core === undefined) return;
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', core, String(pid)]);
  if (status !== 0) throw new Error(`taskset could not move process ${pid}: ${stderr}`);
}

export function isInstalled(command) {
  return spawnSync(command, ['--version']).error === undefined;
}

/** The kernel's list, such as `0-3,8`, one by one. */
function allowedCores() {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
  });
}
