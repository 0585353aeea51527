import { readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FormatBuilder } from '../../../src/promotion/format-builder.js';
import { STEPS } from '../../../src/promotion/promotion.js';
import type { ReleaseDocument } from '../../../src/promotion/release.js';
import type { SamplePackage } from '../../clients/support/sample-packages.js';
import { until } from '../../support/until.js';
import type { MortalPackyard } from './mortal-packyard.js';
import { stageFile } from './stage-file.js';

export interface CrashCase {
  /** `core/2025/rpm/el9-x86_64` */
  readonly place: string;
  /** `rpm/core/2025/el9-x86_64` */
  readonly livePath: string;
  readonly build: (folder: string, sample: SamplePackage) => Promise<string>;
  readonly builder: (workFolder: string) => FormatBuilder;
  /** Some of those at which it has to be killed, besides those of every format. */
  readonly moments: readonly string[];
}

/** Milliseconds: a promotion takes two seconds, and the machine may be busy with other tests. */
const PATIENCE = 60_000;

const MOMENTS = [
  'INSERT INTO promotion promotion',
  ...STEPS.filter((step) => !['sign_packages', 'deliver'].includes(step)).map(
    (step) => `INSERT INTO promotion_step ${step}`,
  ),
  'INSERT INTO promotion_file',
  'INSERT INTO signing_request',
  'UPDATE signing_request signature',
  'rename snapshot/release.json',
  'symlink snapshot/launch',
  'INSERT INTO release core',
  'INSERT INTO publication',
  'UPDATE promotion tidied',
];

export const inTool = (tool: string) => `in ${tool}`;

/**
 * Kills a server at every moment of a promotion that an earlier one had, and expects what is live to be the old or the
 * new release, whole. Started again, the server goes on with the promotion, and is killed in it at the next moment;
 * what is live already is brought to its end first, and another package is promoted.
 */
export async function killAtEachMoment(server: MortalPackyard, of: CrashCase): Promise<void> {
  const builder = of.builder(join(server.folder, 'tools'));
  let ordered = 0;

  /** How many packages are live, once all of it was checked as a client would. */
  async function verifiedCount(): Promise<number> {
    const path = join(server.published, of.livePath);
    const link = await readlink(path).catch(() => undefined);
    if (link === undefined) return 0; // before the first
    const folder = join(dirname(path), link);
    const text = await readFile(join(dirname(folder), 'release.json'), 'utf8');
    const document = JSON.parse(text) as ReleaseDocument;
    await builder.verify(folder, document, server.publicKeyFile);
    return document.packages.length;
  }

  async function stageAnother(): Promise<void> {
    ordered += 1;
    const sample = { name: 'acme', version: `${ordered}` };
    await stageFile(server.staging, await of.build(server.folder, sample));
    await server.order();
  }

  async function untilTidyOr(isEnough: () => boolean, when: string): Promise<void> {
    await until(async () => isEnough() || (await server.isTidy()), PATIENCE).catch(
      async (cause: unknown) => {
        throw new Error(`${when}: ${await server.describe()}`, { cause });
      },
    );
  }
  const isDead = () => !server.isAlive();

  /** Starts it again. An order that it was killed before it took is given again. */
  async function startAgain(moment: string): Promise<void> {
    await server.dieAt(moment);
    await server.start();
    if ((await server.promotions())?.length === ordered - 1) await server.order();
  }

  for (const moment of ['never', 'record']) {
    await server.dieAt(moment);
    await stageAnother();
    await untilTidyOr(() => false, 'not killed at all');
  }
  const moments = await server.moments();
  expect([...MOMENTS, ...of.moments].filter((each) => !moments.includes(each))).toEqual([]);

  for (const [i, moment] of moments.entries()) {
    const killedAt = `killed at "${moments[i - 1]}", then at "${moment}"`;
    if (isDead() && (await verifiedCount()) < ordered) await startAgain(moment);
    else {
      if (isDead()) await startAgain('never');
      await untilTidyOr(() => false, killedAt);
    }
    await untilTidyOr(isDead, killedAt);
    if (!isDead()) {
      await server.dieAt(moment);
      await stageAnother();
      await untilTidyOr(isDead, killedAt);
    }
    expect([moment, isDead()]).toEqual([moment, true]);
    expect([ordered - 1, ordered]).toContain(await verifiedCount());
  }
  await startAgain('never');
  await untilTidyOr(() => false, `killed at "${moments.at(-1)}"`);
  expect(await verifiedCount()).toBe(ordered);
}
