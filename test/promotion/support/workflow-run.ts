import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { type Ran, run } from '../../clients/support/run.js';

interface Workflow {
  readonly on: {
    readonly workflow_dispatch: {
      readonly inputs: Readonly<Record<string, { readonly default?: string | boolean }>>;
    };
  };
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

interface Step {
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a person started, on a machine of GitHub. */
export interface WorkflowRun {
  readonly secrets: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
  /** The folder that download-artifact made. */
  readonly artifact?: string;
  /** What the machines of the test have otherwise than production: ports and files. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs the last step of a workflow as GitHub does: its own script, in its own environment and no other. */
export async function runWorkflow(
  name: string,
  { secrets, inputs, artifact, env }: WorkflowRun,
): Promise<Ran> {
  const workflow = parse(await readFile(`.github/workflows/${name}.yml`, 'utf8')) as Workflow;
  const [job] = Object.values(workflow.jobs);
  const step = job!.steps.at(-1)!;
  const declared = workflow.on.workflow_dispatch.inputs;
  const fill = (value: string) =>
    value.replace(/\$\{\{ (\w+)\.(\w+) \}\}/g, (_, of: string, each: string) =>
      of === 'secrets' ? secrets[each]! : (inputs[each] ?? String(declared[each]!.default ?? '')),
    );
  const own = Object.entries(step.env).map(([variable, value]) => [variable, fill(value)]);

  // A checkout, with what was fetched in it.
  const folder = await mkdtemp('/tmp/packyard-runner-');
  for (const part of ['bin', 'scripts']) await symlink(resolve(part), join(folder, part));
  if (artifact) await symlink(artifact, join(folder, 'packages'));
  try {
    return await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd: folder,
      env: { ...Object.fromEntries(own), ...env },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
