import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../test/support/until.js';
import { requireTools, runTool, type ToolOptions } from './run-tool.js';

/** Scripts of Node's under the names of tools, on a search path of their own. */
describe('runTool', () => {
  const path = process.env.PATH;
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'run-tool-'));
    process.env.PATH = join(home, 'bin');
    await mkdir(join(home, 'bin'));
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(home, { recursive: true, force: true });
  });

  async function install(tool: string, script: string): Promise<void> {
    const file = join(home, 'bin', tool);
    await writeFile(file, `#!${process.execPath}\n${script}`);
    await chmod(file, 0o755);
  }
  const aptly = (args: string[] = [], options: Partial<ToolOptions> = {}) =>
    runTool('aptly', args, { home, ...options });

  async function expectGone(pidFile: string): Promise<void> {
    const pid = Number(await readFile(join(home, pidFile), 'utf8'));
    await until(() => {
      try {
        // Where nobody reaps it, what is left of it is a zombie.
        return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      } catch {
        return true;
      }
    });
  }

  it('hands arguments over as they are, and answers bytes', async () => {
    await install('aptly', 'process.stdout.write(Buffer.from(JSON.stringify(process.argv[2])))');

    const { code, stdout, stderr } = await aptly(['$(id) "; rm *\n']);

    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout.toString())).toBe('$(id) "; rm *\n');
  });

  it('gives it a plain environment', async () => {
    process.env.GNUPGHOME = '/nowhere';
    await install('aptly', 'console.log(JSON.stringify([process.env, process.cwd()]))');

    const { stdout } = await aptly([], { env: { TZ: 'UTC' } });
    delete process.env.GNUPGHOME;

    expect(JSON.parse(stdout.toString())).toEqual([
      { PATH: join(home, 'bin'), HOME: home, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      home,
    ]);
  });

  it('takes input as bytes or from a file, and puts output into a file', async () => {
    await install('aptly', 'process.stdin.pipe(process.stdout)');
    await writeFile(join(home, 'in'), 'from a file');

    expect((await aptly([], { input: Buffer.from([0, 255]) })).stdout).toEqual(
      Buffer.from([0, 255]),
    );
    expect((await aptly()).stdout.toString()).toBe('');
    const input = { file: join(home, 'in') };
    expect((await aptly([], { input, outputFile: join(home, 'out') })).stdout.length).toBe(0);
    expect(await readFile(join(home, 'out'), 'utf8')).toBe('from a file');
  });

  it('does not mind a tool that leaves its input', async () => {
    await install('aptly', 'process.exit(0)');

    expect((await aptly([], { input: Buffer.alloc(8 * 1024 * 1024) })).code).toBe(0);
  });

  it('says how a tool failed, with the end of what it said', async () => {
    await install(
      'aptly',
      'process.stderr.write("x".repeat(5000) + "no key"); process.exitCode = 3',
    );

    await expect(aptly()).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringMatching(/^aptly failed \(exit code 3\)\. It said: x+no key$/),
      details: { tool: 'aptly', how: 'exit code 3', output: `${'x'.repeat(1994)}no key` },
    });
    await expect(aptly([], { acceptedCodes: [0, 3] })).resolves.toMatchObject({ code: 3 });
  });

  it('says what a tool printed where it has no word on standard error', async () => {
    await install('aptly', 'console.log("NOT OK"); process.exitCode = 1');

    await expect(aptly()).rejects.toThrow('aptly failed (exit code 1). It said: NOT OK');
  });

  it('says which signal ended it', async () => {
    await install('aptly', 'process.kill(process.pid, "SIGSEGV"); setTimeout(() => {}, 60000)');

    await expect(aptly()).rejects.toThrow('aptly failed (SIGSEGV) and said nothing.');
  });

  it('kills a tool that takes too long, with what it started', async () => {
    await install(
      'aptly',
      `const { spawn } = require('node:child_process');
       const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' });
       require('node:fs').writeFileSync('pid', String(child.pid));
       console.error('waiting for a lock'); setTimeout(() => {}, 60000);`,
    );

    await expect(aptly([], { timeLimit: 1000 })).rejects.toMatchObject({
      code: 'TOOL_TIMED_OUT',
      details: { tool: 'aptly', output: 'waiting for a lock' },
    });
    await expectGone('pid');
  });

  it('kills a tool when it is aborted, and throws the reason', async () => {
    await install(
      'aptly',
      `require('node:fs').writeFileSync('pid', String(process.pid)); console.log();
       setTimeout(() => {}, 60000);`,
    );
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const running = aptly([], { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 500);

    await expect(running).rejects.toBe(reason);
    await expectGone('pid');
    await expect(aptly([], { signal: abort.signal })).rejects.toBe(reason);
  });

  it('stops a tool that prints without end', async () => {
    await install(
      'aptly',
      'const more = () => process.stdout.write("y".repeat(65536), more); more()',
    );

    await expect(aptly([], { outputLimit: 1_000_000 })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'aptly failed (its output is longer than 1000000 bytes) and said nothing.',
    });
  });

  it('names the Debian package of a tool that is missing', async () => {
    await mkdir(join(home, 'bin/aptly'));
    await writeFile(join(home, 'bin/createrepo_c'), 'not a program');

    await expect(aptly()).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: 'Not found on this server: aptly. Install the Debian package aptly, then try again.',
    });
    await expect(requireTools(['createrepo_c', 'modifyrepo_c', 'rpm'])).rejects.toMatchObject({
      message:
        'Not found on this server: createrepo_c, modifyrepo_c, rpm. ' +
        'Install the Debian packages createrepo-c rpm, then try again.',
      details: { tools: expect.arrayContaining([{ tool: 'rpm', debian_package: 'rpm' }]) },
    });
  });

  it('is content where every tool is there', async () => {
    await install('rpm', '');
    await install('rpmsign', '');

    await expect(requireTools(['rpm', 'rpmsign'])).resolves.toBeUndefined();
  });
});
