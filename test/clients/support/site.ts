import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningPackyard, startPackyard } from '../../support/packyard-process.js';
import { AdminApi } from './admin-api.js';
import { PublishedTree } from './repositories.js';
import { requireTools } from './required-tools.js';
import { SigningKey } from './signing-key.js';

/** `core` and `minion` need a key; `community` is public. */
const catalogue = `components:
  - name: core
    description: Core server
    visibility: private
    series: ['2024', '2025']
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm], architectures: [amd64] }
    oci: { repository: lts-core, architectures: [amd64] }
  - name: minion
    description: Minion, the remote agent
    visibility: private
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm], architectures: [amd64] }
    oci: { repository: lts-minion, architectures: [amd64] }
  - name: community
    description: For everybody
    visibility: public
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm], architectures: [amd64] }
    oci: { repository: lts-community, architectures: [amd64] }
`;

/** What the tests of one file run against: a server, its published tree and its signing key. */
export interface Site {
  readonly folder: string;
  readonly tree: PublishedTree;
  readonly signingKey: SigningKey;
  readonly packyard: RunningPackyard;
  readonly admin: AdminApi;
  /** The server is stopped, and started on the same folders. @param settings in place of those before */
  restart(settings: Record<string, string>): Promise<void>;
  /** A second process on the same folders, and on the database that the settings name. It is stopped with the site. */
  startAnother(): Promise<RunningPackyard>;
  stop(): Promise<void>;
}

/** @param settings of the server, besides those that every test needs */
export async function startSite(settings: Record<string, string> = {}): Promise<Site> {
  requireTools();
  const folder = await mkdtemp(join(tmpdir(), 'packyard-clients-'));
  await chmod(folder, 0o711); // the embedded PostgreSQL runs as another user, below this folder
  const tree = new PublishedTree(join(folder, 'published'));
  const publicKeys = join(folder, 'gpg');
  const catalogueFile = join(folder, 'packyard.yml');
  await mkdir(tree.folder);
  await mkdir(publicKeys);
  await writeFile(catalogueFile, catalogue);

  const signingKey = await SigningKey.create(folder);
  const cleanUp = async () => {
    await signingKey.close();
    await rm(folder, { recursive: true, force: true });
  };
  await writeFile(join(publicKeys, 'lts.asc'), await signingKey.publicKey());
  await writeFile(join(publicKeys, 'cosign.pub'), newCosignPublicKey());

  const env = {
    PACKYARD_DATA_DIR: join(folder, 'data'),
    PACKYARD_CONFIG: catalogueFile,
    PUBLISHED_DIR: tree.folder,
    PUBLIC_KEYS_DIR: publicKeys,
    AUTH_LISTEN: '127.0.0.1:0',
    ADMIN_LISTEN: '127.0.0.1:0',
    METRICS_LISTEN: '127.0.0.1:0',
    GATEWAY_LISTEN: '127.0.0.1:0',
    ...settings,
  };
  let packyard = await startPackyard({ env }).catch(async (error: unknown) => {
    await cleanUp();
    throw error;
  });

  const others: RunningPackyard[] = [];

  return {
    folder,
    tree,
    signingKey,
    get packyard() {
      return packyard;
    },
    get admin() {
      return new AdminApi(packyard.admin);
    },
    async restart(more) {
      await packyard.stop();
      packyard = await startPackyard({ env: { ...env, ...more } });
    },
    async startAnother() {
      const another = await startPackyard({ env });
      others.push(another);
      return another;
    },
    async stop() {
      await Promise.all(others.map((each) => each.stop()));
      const code = await packyard.stop();
      await cleanUp();
      if (code !== 0) throw new Error(`Packyard ended with ${code}`);
    },
  };
}

function newCosignPublicKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
