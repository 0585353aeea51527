import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from 'openpgp';
import { adminApi } from './admin-api.js';
import { startPackyard, type RunningPackyard } from './packyard-process.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export const CATALOGUE = `
components:
  - name: core
    description: Core server
    series: ['2024', '2025']
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm], architectures: [amd64] }
    oci: { repository: lts-core, architectures: [amd64] }
  - name: minion
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
    oci: { repository: lts-minion, architectures: [amd64] }
  - name: open
    visibility: public
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
    oci: { repository: lts-open, architectures: [amd64] }
`;

/** What stands in for a public key where nobody verifies with it. */
const COSIGN_PUBLIC_KEY = '-----BEGIN PUBLIC KEY-----\n\nof this test\n-----END PUBLIC KEY-----\n';

/** A Packyard of a test's own: its database, folders and ports. */
export interface Installation extends RunningPackyard {
  readonly folder: string;
  readonly database: TestDatabase;
  readonly catalogueFile: string;
  readonly publishedDir: string;
  /** Makes a key over the admin API. */
  createKey(order?: Record<string, unknown>): Promise<{ id: string; key: string }>;
  /** A second process on the same database and folders. */
  startAnother(env?: Record<string, string>): Promise<RunningPackyard>;
  remove(): Promise<void>;
}

export async function install({
  env = {},
}: { env?: Record<string, string> } = {}): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'packyard-e2e-'));
  const database = await createTestDatabase();
  const catalogueFile = join(folder, 'packyard.yml');
  const publishedDir = join(folder, 'published');
  const publicKeysDir = join(folder, 'gpg');
  await writeFile(catalogueFile, CATALOGUE);
  await mkdir(publishedDir);
  await mkdir(publicKeysDir);
  const { publicKey } = await generateKey({ userIDs: { name: 'LTS of this test' } });
  await writeFile(join(publicKeysDir, 'lts.asc'), publicKey);
  await writeFile(join(publicKeysDir, 'cosign.pub'), COSIGN_PUBLIC_KEY);

  const fullEnv = {
    DATABASE_URL: database.url,
    PACKYARD_DATA_DIR: folder,
    PACKYARD_CONFIG: catalogueFile,
    PUBLISHED_DIR: publishedDir,
    PUBLIC_KEYS_DIR: publicKeysDir,
    AUTH_LISTEN: '127.0.0.1:0',
    ADMIN_LISTEN: '127.0.0.1:0',
    METRICS_LISTEN: '127.0.0.1:0',
    GATEWAY_LISTEN: '127.0.0.1:0',
    ...env,
  };
  const started: RunningPackyard[] = [];
  const start = async (extra: Record<string, string> = {}) => {
    const running = await startPackyard({ env: { ...fullEnv, ...extra } });
    started.push(running);
    return running;
  };
  const packyard = await start().catch(async (error: unknown) => {
    await database.drop();
    await rm(folder, { recursive: true });
    throw error;
  });

  return {
    ...packyard,
    folder,
    database,
    catalogueFile,
    publishedDir,
    async createKey(order = { component: 'core', label: 'Acme Corp' }) {
      const { body } = await adminApi(packyard.admin).post('/api/v1/keys').send(order).expect(201);
      return body;
    },
    startAnother: start,
    async remove() {
      await Promise.all(started.map((each) => each.stop()));
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}
