import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(180_000);

interface Measured {
  readonly seconds: number;
  readonly megabytes: number;
}
interface Result {
  readonly format: string;
  readonly size: number;
  readonly what: string;
  readonly rounds: readonly {
    plain: Measured;
    signed: Measured;
    packyard: Measured & { steps: Record<string, number> };
  }[];
}

it('the benchmark of promotions runs, for both formats', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packyard-bench-spec-'));
  try {
    const json = join(folder, 'figures.json');
    const options = ['--packages', '3', '--rounds', '1', '--json', json];
    const child = spawn(process.execPath, ['test/bench/promotion.mjs', ...options]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(said);

    const { results } = JSON.parse(await readFile(json, 'utf8')) as { results: Result[] };
    expect(results.map(({ format, size, what }) => [format, size, what])).toEqual([
      ['rpm', 3, 'first'],
      ['rpm', 3, 'more'],
      ['deb', 3, 'first'],
      ['deb', 3, 'more'],
    ]);
    for (const { rounds } of results) {
      const [{ plain, signed, packyard }] = rounds as [Result['rounds'][number]];
      for (const each of [plain, signed, packyard]) expect(each.seconds).toBeGreaterThan(0);
      expect(packyard.megabytes).toBeGreaterThan(50);
      expect(packyard.steps).toHaveProperty('verify');
    }
    expect(said).toContain('Aim: 2 times the plain tool at most.');
  } finally {
    await rm(folder, { recursive: true });
  }
});
