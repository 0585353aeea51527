import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminApi } from '../support/admin-api.js';
import { install, type Installation } from '../support/installation.js';
import { expectSuccess, mustRun, run } from '../clients/support/run.js';

/** Seconds for the fuzzer, and milliseconds for its installation on a machine that has nothing yet. */
const FUZZING = 90;
const installation = 300_000;

/** What a schema cannot say, or we do otherwise on purpose. */
const EXCLUDED = [
  'positive_data_acceptance', // a component has to be in the catalogue, a cursor one that we gave
  'use_after_free', // a revoked key can still be looked at
  'unsupported_method', // is 404 here, as what is on another listener
  'allow_header_conformance',
  'ignored_auth', // no credential is asked for
];

let schemathesis: string;
let folder: string;
let packyard: Installation;
beforeAll(async () => {
  const settings = process.env as Record<string, string>; // pip's own: where its index and caches are
  const bin = await mustRun('scripts/ci/install-fuzzer.sh', [], { env: settings });
  schemathesis = join(bin.trim(), 'schemathesis');
  folder = await mkdtemp(join(tmpdir(), 'packyard-fuzz-'));
  packyard = await install({ env: { PACKYARD_CONFIG: 'config/packyard.yml' } });
}, installation);
afterAll(async () => {
  await packyard?.remove();
  if (folder) await rm(folder, { recursive: true });
});

it(
  'answers whatever it is asked as the description says',
  async () => {
    const ran = await run(
      schemathesis,
      [
        'run',
        `${packyard.admin}/docs/openapi.json`,
        '--checks=all',
        `--exclude-checks=${EXCLUDED.join(',')}`,
        `--max-time=${FUZZING}`,
        '--continue-on-failure',
        '--generation-database=none',
        '--no-color',
      ],
      { cwd: folder, env: { HOME: folder } },
    );
    expectSuccess(ran);

    const { body } = await adminApi(packyard.admin).get('/docs/openapi.json').expect(200);
    const operations = Object.values(body.paths as object).flatMap((path) => Object.keys(path));
    expect(/^ +Tested: (\d+)/m.exec(ran.stdout)?.[1]).toBe(String(operations.length));
    expect(packyard.logs.filter(({ code }) => code === 'INTERNAL_ERROR')).toEqual([]);
  },
  (FUZZING + 120) * 1000,
);
