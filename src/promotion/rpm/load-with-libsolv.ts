import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReleasePackage } from '../release.js';
import { runTool } from '../tools/run-tool.js';
import { MetadataProblem } from './metadata/metadata-problem.js';

/**
 * Loads the metadata with libsolv, which is what dnf and zypper load it with, file lists and change logs too, and
 * looks whether all packages have arrived. dnf itself would say no more, and takes a second and Python for it.
 *
 * @param home an empty folder
 * @throws DomainError TOOL_FAILED where libsolv does not read it
 * @throws MetadataProblem
 */
export async function loadWithLibsolv(
  folder: string,
  packages: readonly ReleasePackage[],
  home: string,
): Promise<void> {
  const load = (solv: string, ...options: string[]) =>
    runTool('repo2solv', [...options, '-o', join(home, solv), folder], { home });
  await load('all.solv', '-F', '-C');
  await load('packages.solv');

  const outputFile = join(home, 'packages');
  await runTool('dumpsolv', ['packages.solv'], { home, outputFile });
  const wanted = packages.map(({ name }) => name).sort();
  const loaded = (await namesIn(outputFile)).sort();
  if (loaded.length !== wanted.length || loaded.some((name, i) => name !== wanted[i])) {
    throw new MetadataProblem(
      `libsolv reads ${loaded.length} packages of its metadata instead of these ${wanted.length}`,
    );
  }
}

/** An advisory of updateinfo is a `patch:…` among them. */
async function namesIn(dump: string): Promise<string[]> {
  const names: string[] = [];
  for await (const line of createInterface({ input: createReadStream(dump) })) {
    const name = /^solvable:name: (?!patch:)(\S+)$/.exec(line)?.[1];
    if (name !== undefined) names.push(name);
  }
  return names;
}
