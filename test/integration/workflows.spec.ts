import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Section 3 of the production deployment. */
const SECRETS = [
  'COSIGN_PASSWORD',
  'COSIGN_PRIVATE_KEY',
  'GPG_KEY_ID',
  'GPG_PASSPHRASE',
  'GPG_PRIVATE_KEY',
  'HOST',
  'RUSTFS_ACCESS_KEY',
  'RUSTFS_SECRET_KEY',
  'SSH_KNOWN_HOST',
  'SSH_PRIVATE_KEY',
];
const FOLDER = '.github/workflows';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Record<string, string>;
}
interface Job {
  readonly environment?: string;
  readonly permissions?: Record<string, string>;
  readonly env?: object;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions: Record<string, string>;
  readonly concurrency?: unknown;
  readonly env?: object;
  readonly jobs: Record<string, Job>;
}

const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  return { name: file.replace('.yml', ''), text, ...(parse(text) as Workflow) };
});
const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps);
const secretsIn = (text: string) =>
  [...new Set([...text.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name!))].sort();

it('use the ten secrets of the document, all of them and no others', () => {
  expect(secretsIn(workflows.map(({ text }) => text).join())).toEqual(SECRETS);
});

describe.each(workflows)('the workflow $name', (workflow) => {
  it('may read the repository, and write nothing but an image', () => {
    expect(workflow.permissions.contents).toBe('read');
    const granted = [workflow, ...Object.values(workflow.jobs)].flatMap(({ permissions = {} }) =>
      Object.entries(permissions),
    );
    const writes = granted.filter(([, access]) => access !== 'read').map(([scope]) => scope);
    expect(writes).toEqual(workflow.name === 'image' ? ['packages'] : []);
  });

  it('waits in the server’s queue: a concurrency group would cancel what waits', () => {
    expect(workflow.text).not.toMatch(/concurrency/);
  });

  it('uses actions by their commit', () => {
    const uses = stepsOf(workflow).flatMap(({ uses }) => uses ?? []);
    for (const each of uses) expect(each).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
    for (const each of uses)
      expect(workflow.text).toMatch(new RegExp(`${each} # v\\d+\\.\\d+\\.\\d+\n`));
  });

  it('gives secrets to its last step alone, from an environment that can be protected', () => {
    const used = secretsIn(workflow.text);
    for (const { environment, env, steps } of Object.values(workflow.jobs)) {
      expect(env).toBeUndefined();
      const withSecrets = steps.filter((step) => JSON.stringify(step).includes('secrets.'));
      expect(withSecrets).toEqual(used.length > 0 ? [steps.at(-1)] : []);
      expect(environment).toBe(used.length > 0 ? 'production' : undefined);
    }
  });

  it('puts nothing that somebody typed into a script', () => {
    for (const { run = '' } of stepsOf(workflow)) expect(run).not.toContain('${{');
  });

  it('runs scripts that are there', () => {
    const runs = stepsOf(workflow).map(({ run = '' }) => run);
    const scripts = runs.flatMap((run) => run.match(/(?:scripts|bin|\.ci)\/[\w/.-]+/g) ?? []);
    expect(scripts).not.toEqual([]);
    for (const script of scripts) accessSync(script, constants.X_OK);
  });
});

it.each([
  ['promote-rpm', /^(HOST|SSH_|RUSTFS_|GPG_)/],
  ['promote-deb', /^(HOST|SSH_|RUSTFS_|GPG_)/],
  ['promote-oci', /^(HOST|SSH_|RUSTFS_|COSIGN_)/],
  ['rollback', /^(HOST|SSH_|GPG_)/],
  ['withdraw', /^(HOST|SSH_|GPG_)/],
])('%s has the secrets that it needs and no others', (name, needed) => {
  const workflow = workflows.find((each) => each.name === name)!;
  expect(secretsIn(workflow.text)).toEqual(SECRETS.filter((secret) => needed.test(secret)));
});
