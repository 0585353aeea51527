import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTools as requireOnServer, runTool } from '../../src/promotion/tools/run-tool.js';
import { TOOL_PACKAGES, type ToolName } from '../../src/promotion/tools/tool-packages.js';
import { requireTools } from '../clients/support/required-tools.js';
import { mustRun, run } from '../clients/support/run.js';
import { until } from '../support/until.js';
import { buildDeb, buildRpm } from '../clients/support/sample-packages.js';

describe('real tools', () => {
  let home: string;

  beforeAll(async () => {
    requireTools();
    home = await mkdtemp(join(tmpdir(), 'packyard-promotion-'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it('read a package', async () => {
    const rpm = await buildRpm(home, { name: 'acme', version: '1.0~rc1' });
    const deb = await buildDeb(home, { name: 'acme', version: '1:2.0' });

    const { stdout: nevra } = await runTool('rpm', ['-qp', '--qf', '%{nevra}', rpm], { home });
    const { stdout: version } = await runTool('dpkg-deb', ['-f', deb, 'Version'], { home });

    expect([nevra, version].map(String)).toEqual(['acme-1.0~rc1-1.noarch', '1:2.0\n']);
  });

  it('say what is wrong with one', async () => {
    await expect(runTool('rpm', ['-qp', __filename], { home, cwd: '/' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('not an rpm package'),
    });
  });

  it('end with the process that runs them, even where that is killed', async () => {
    const pipe = join(home, 'pipe');
    await mustRun('mkfifo', [pipe]);
    const holder = fork(join(__dirname, 'support/hold-a-tool.mjs'), [pipe, home], { execArgv: [] });
    let tool: string | undefined;
    await until(async () => {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      for (const pid of pids) {
        const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
        if (words[0]?.endsWith('/dpkg-deb') && words.includes(pipe)) tool = pid;
      }
      return tool !== undefined;
    });

    holder.kill('SIGKILL');
    // Whoever reaps it may be slow: a zombie runs no more.
    await until(
      async () =>
        !existsSync(`/proc/${tool}`) ||
        (await readFile(`/proc/${tool}/stat`, 'utf8').catch(() => ') Z ')).includes(') Z '),
    );
  });

  it('are in the packages that a refusal names', async () => {
    const wrong: string[] = [];
    let looked = 0;
    for (const tool of Object.keys(TOOL_PACKAGES) as ToolName[]) {
      if (
        await requireOnServer([tool]).then(
          () => false,
          () => true,
        )
      )
        continue;
      const file = await realpath((await mustRun('which', [tool])).trim());
      const owner = await run('dpkg-query', ['--search', file]);
      if (owner.code !== 0) continue; // not from a package of Debian
      looked += 1;
      const named = TOOL_PACKAGES[tool];
      const from = owner.stdout.split(':')[0]!;
      const pulled = await run('dpkg-query', ['--show', '--showformat', '${Depends}', named]);
      if (from !== named && !pulled.stdout.includes(`${from} `)) wrong.push(`${tool}: ${from}`);
    }
    expect(wrong).toEqual([]);
    expect(looked).toBeGreaterThan(8);
  });
});
