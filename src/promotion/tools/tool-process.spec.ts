import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until } from '../../../test/support/until.js';
import { runByStarter } from './run-by-starter.js';
import { runAsChild, type ToolCommand } from './tool-process.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tool-process-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program of Node's. */
const command = (script: string, more: Partial<ToolCommand> = {}): ToolCommand => ({
  words: [process.execPath, '-e', script],
  cwd: folder,
  env: { ONLY: 'this' },
  timeLimit: 30_000,
  outputLimit: 1_000_000,
  ...more,
});
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const starter = resolve('dist/src/promotion/tools/tool-starter.js');
const byStarter = () => runByStarter(() => Promise.resolve([]), starter);
const pidIn = async (file: string) => {
  await until(() => existsSync(join(folder, file)));
  return Number(await readFile(join(folder, file), 'utf8'));
};
const isGone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};
const WAIT = `require('node:fs').writeFileSync('pid', String(process.pid)); setTimeout(() => {}, 60000);`;

describe.each([
  ['as a child', runAsChild],
  ['by the starter', byStarter()],
])('a program that is run %s', (_, run) => {
  it('gets its input, its folder and its environment, and answers bytes', async () => {
    const script = `process.stdin.on('data', (bytes) => process.stdout.write(bytes))
      .on('end', () => console.log(process.cwd(), process.env.ONLY, Object.keys(process.env).length))`;
    const { code, how, stdout, stderr } = await run(
      command(script, { input: Buffer.from([0, 255]) }),
    );
    expect([code, how, stderr]).toEqual([0, 'exit code 0', '']);
    expect(Buffer.from(stdout.subarray(0, 2))).toEqual(Buffer.from([0, 255]));
    expect(text(stdout.subarray(2))).toBe(`${folder} this 1\n`);
  });

  it('reads one file and writes another', async () => {
    await writeFile(join(folder, 'in'), 'from a file');
    const files = { input: { file: join(folder, 'in') }, outputFile: join(folder, 'out') };
    await run(command('process.stdin.pipe(process.stdout)', files));
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe('from a file');
    const nowhere = { outputFile: join(folder, 'no/where') };
    await expect(run(command('', nowhere))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says how it ended', async () => {
    const failed = await run(command('console.error("why"); process.exitCode = 3'));
    expect(failed).toMatchObject({ code: 3, how: 'exit code 3', stderr: 'why\n' });
    const killed = await run(command('process.kill(process.pid, "SIGSEGV")'));
    expect(killed).toMatchObject({ code: null, how: 'SIGSEGV', timedOut: false });
    const none = await run(command('', { words: ['/nowhere'] }));
    expect(none).toMatchObject({ code: null, how: 'spawn /nowhere ENOENT' });
    const long = await run(command('console.log("x".repeat(2000))', { outputLimit: 1000 }));
    expect(long).toMatchObject({ code: null, how: 'its output is longer than 1000 bytes' });
  });

  it('is killed when its time is over, and when it is given up', async () => {
    const late = await run(command(WAIT, { timeLimit: 500 }));
    expect(late).toMatchObject({ code: null, how: 'SIGKILL', timedOut: true });
    await rm(join(folder, 'pid'));
    const abort = new AbortController();
    const running = run(command(WAIT), abort.signal);
    const pid = await pidIn('pid');
    abort.abort();
    expect(await running).toMatchObject({ how: 'SIGKILL', timedOut: false });
    expect(isGone(pid)).toBe(true);
  });

  it('runs beside others', async () => {
    const all = await Promise.all([1, 2, 3, 4].map((n) => run(command(`console.log(${n})`))));
    expect(all.map(({ stdout }) => text(stdout))).toEqual(['1\n', '2\n', '3\n', '4\n']);
  });
});

describe('the starter', () => {
  const parent = `require('node:fs').writeFileSync('parent', String(process.ppid)); ${WAIT}`;

  it('is started again when it was killed, and what it ran is told', async () => {
    const run = byStarter();
    const running = run(command(parent));
    const lost = expect(running).rejects.toThrow('The process that starts tools has ended');
    process.kill(await pidIn('parent'), 'SIGKILL');
    await lost;
    expect(await run(command(''))).toMatchObject({ code: 0 });
    process.kill(await pidIn('pid'), 'SIGKILL'); // there was no tie
  });

  it('has nothing of our environment', async () => {
    process.env.A_SECRET = 'secret';
    const run = byStarter();
    const abort = new AbortController();
    const running = run(command(parent), abort.signal);
    const environ = await readFile(`/proc/${await pidIn('parent')}/environ`, 'utf8');
    delete process.env.A_SECRET;
    expect(environ).not.toContain('secret');
    abort.abort();
    await running;
  });
});
