import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import request from 'supertest';
import { parse } from 'yaml';
import { ACCESS_STATUSES } from '../../src/status/status.js';
import { adminApi } from '../support/admin-api.js';
import { CORE } from '../support/ask.js';
import { install, type Installation } from '../support/installation.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

const read = (path: string) => readFile(path, 'utf8');

async function rules(): Promise<Rule[]> {
  const { groups } = parse(await read('deploy/prometheus/packyard-alerts.yml')) as {
    groups: { rules: Rule[] }[];
  };
  return groups.flatMap((group) => group.rules);
}

async function dashboardExpressions(): Promise<string[]> {
  const { panels } = JSON.parse(await read('deploy/grafana/packyard.json')) as {
    panels: { targets: { expr: string }[] }[];
  };
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

describe('alert rules and dashboard', () => {
  it('ask for metrics and states that there are', async () => {
    await request(packyard.gateway).get(CORE).expect(401);
    const { text } = await request(packyard.metrics).get('/metrics').expect(200);
    // A figure that is not known has a name and no value.
    const names = new Set(
      [...text.matchAll(/^(?:# HELP )?(\w+)(?=[{ ])/gm)].map(([, name]) => name),
    );
    const expressions = [
      ...(await rules()).map(({ expr }) => expr),
      ...(await dashboardExpressions()),
    ];
    const used = expressions.flatMap(
      (expr) => expr.match(/\b(?:packyard|nodejs|process)_\w+/g) ?? [],
    );
    expect(used.length).toBeGreaterThanOrEqual(expressions.length - 2); // `up` is Prometheus's own
    for (const name of used) expect(names).toContain(name);
    for (const [, status] of expressions.join().matchAll(/status="(\w+)"/g)) {
      expect(ACCESS_STATUSES).toContain(status);
    }
  });

  it('have what the status says, from the process that has it', async () => {
    await packyard.createKey();
    const { body } = await adminApi(packyard.admin).get('/api/v1/status').expect(200);
    const { text } = await request(packyard.metrics).get('/metrics').expect(200);
    const figures = text.split('\n');
    const { severity } = body.warnings[0];
    expect(figures).toContain(
      `packyard_status_warnings{severity="${severity}"} ${body.warnings.length}`,
    );
    expect(figures).toContain('packyard_database_up 1');
    expect(figures).toContain(`packyard_keys{state="active"} ${body.keys.active}`);
    expect(text).not.toMatch(/^packyard_(registry_up|backup)/m); // there is none of either

    const another = await packyard.startAnother({ ADMIN_LISTEN: '' });
    const { text: others } = await request(another.metrics).get('/metrics').expect(200);
    expect(others).toContain('packyard_auth_view_staleness_seconds');
    expect(others).not.toMatch(/packyard_(status|database|keys)/);
  });

  it('lead to what to do', async () => {
    const page = await read('docs/operations/troubleshooting.md');
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const { annotations } of await rules()) expect(headings).toContain(annotations.runbook);
  });
});

describe('the canary', () => {
  const canary = (key: string, path = CORE, base = packyard.gateway) =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const env = { PATH: process.env.PATH, PACKYARD_CANARY_KEY: key };
      const child = execFile('scripts/canary.sh', [base, path], { env }, (_, output) =>
        resolve({ code: child.exitCode!, output }),
      );
    });
  const order = { component: 'core', label: 'canary' };

  it('is well while a subscriber is served', async () => {
    const { key } = await packyard.createKey(order);
    expect(await canary(key)).toEqual({
      code: 0,
      output: `OK: ${CORE} is 404 with the key and 401 without\n`,
    });
  });

  it('is not when its key ended, when nobody need have one, or when nothing answers', async () => {
    const { id, key } = await packyard.createKey(order);
    const failure = (words: string) => ({
      code: 1,
      output: expect.stringMatching(`^FAIL: .*${words}`),
    });
    expect(await canary(key, '/rpm/open/2025/el9-x86_64/x')).toEqual(failure('must be 401'));
    expect(await canary(key, CORE, 'http://127.0.0.1:1')).toEqual(failure('does not answer'));
    await adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);
    expect(await canary(key)).toEqual(failure('gets 401'));
    expect(await canary('')).toEqual(failure('is not set'));
  });
});
