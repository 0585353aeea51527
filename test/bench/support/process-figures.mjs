/** What the kernel knows of a process, from /proc (man 5 proc). */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

/** Ticks a second in which the kernel tells processor time: USER_HZ, 100 on every Linux. */
const USER_HZ = 100;

/** Seconds of processor time, in user and kernel mode, of all threads. Undefined when the process is gone. */
export function processorTime(pid) {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything; what follows is state, ppid, …, utime, stime.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / USER_HZ;
}

/** Megabytes (10^6 bytes): what is resident now, and the most that ever was. */
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name) =>
    (Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)[1]) * 1024) / 1e6;
  return { resident: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/**
 * Watches how much of one core a server and a load generator use, until told to stop: then it gives
 * the shares, 0 to 1. `others` is what everything else took of the server's core, the hypervisor too.
 * It looks often, since of a process that has ended nothing can be read any more.
 */
export function watchShares({ server, generator, core }) {
  const look = () => ({
    at: performance.now() / 1000,
    server: processorTime(server),
    generator: processorTime(generator),
    core: core === undefined ? undefined : coreTime(core),
  });
  const first = look();
  let last = first;
  const timer = setInterval(() => {
    const seen = look();
    if (seen.server !== undefined && seen.generator !== undefined) last = seen;
  }, 50);
  return () => {
    clearInterval(timer);
    const share = (what) => (last[what] - first[what]) / (last.at - first.at);
    const serverShare = share('server');
    const others = core === undefined ? 0 : Math.max(0, share('core') - serverShare);
    return { serverShare, wrkShare: share('generator'), others };
  };
}

/** Seconds for which a core was busy with processes, or was not given to this machine. */
function coreTime(core) {
  const stat = readFileSync('/proc/stat', 'utf8');
  const [, fields] = new RegExp(`^cpu${core} (.*)$`, 'm').exec(stat);
  const [user, nice, system, , , , , steal] = fields.split(' ').map(Number);
  return (user + nice + system + steal) / USER_HZ;
}

function readOrNothing(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Watches the resident memory of a process and all that it started, until told to stop: then it gives the most
 * megabytes that they had together. What they share is counted for each. A database server is left out.
 */
export function watchMemory(pid) {
  let most = 0;
  const look = () => (most = Math.max(most, residentTree(pid)));
  look();
  const timer = setInterval(look, 20);
  return () => {
    clearInterval(timer);
    return most;
  };
}

function residentTree(pid) {
  const own = /^VmRSS:\s*(\d+) kB/m.exec(readOrNothing(`/proc/${pid}/status`) ?? '');
  if (!own || readOrNothing(`/proc/${pid}/comm`) === 'postgres\n') return 0;
  const children = readOrNothing(`/proc/${pid}/task/${pid}/children`) ?? '';
  const ofChildren = (children.match(/\d+/g) ?? []).map(residentTree);
  return ofChildren.reduce((sum, each) => sum + each, (Number(own[1]) * 1024) / 1e6);
}
