import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { S3Staging } from '../../../src/config/settings.js';
import { builtTool } from './built-tools.js';
import { mustRun } from './run.js';

export interface RunningRegistry {
  /** `127.0.0.1:5000`, as it stands in the name of an image. */
  readonly host: string;
  /** Its own garbage collection, as an operator runs it: what no tag leads to goes, with its blobs. */
  collectGarbage(): Promise<void>;
  stop(): Promise<void>;
}

const s3 = ({ bucket, endpoint, accessKey, secretKey }: S3Staging) =>
  `s3: ${JSON.stringify({
    ...{ bucket, region: 'us-east-1', regionendpoint: endpoint, forcepathstyle: true },
    ...{ accesskey: accessKey, secretkey: secretKey },
  })}`;

const wantsCredentials = 'auth: { silly: { realm: "https://registry/token", service: registry } }';

/** How it differs from one that lets anyone do everything. */
export interface RegistryOptions {
  /** Asks for credentials, and takes any that it gets. */
  readonly locked?: boolean;
  /** A file of those whom it lets do everything, and nobody else. */
  readonly htpasswd?: string;
  /** So many tags on a page at most. */
  readonly maxTags?: number;
}

/**
 * A real CNCF distribution registry on loopback.
 *
 * @param storage a folder, which may be that of another one, to read the same images; or a bucket, to which it sends
 *   those who ask for a blob
 */
export async function startRegistry(
  parent: string,
  storage: string | S3Staging,
  { locked = false, htpasswd, maxTags }: RegistryOptions = {},
): Promise<RunningRegistry> {
  const folder = await mkdtemp(join(parent, 'registry-'));
  const configuration = join(folder, 'config.yml');
  await writeFile(
    configuration,
    `version: 0.1
log: { accesslog: { disabled: true } }
storage:
  ${typeof storage === 'string' ? `filesystem: { rootdirectory: ${storage} }` : s3(storage)}
  delete: { enabled: true }
  maintenance: { uploadpurging: { enabled: false } }
http: { addr: '127.0.0.1:0' }
${locked ? wantsCredentials : ''}
${htpasswd ? `auth: { htpasswd: { realm: packyard, path: ${htpasswd} } }` : ''}
${maxTags ? `tags: { maxtags: ${maxTags} }` : ''}
`,
  );
  const child = spawn(await builtTool('registry'), ['serve', configuration], {
    env: { HOME: folder, OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');

  const lines: string[] = [];
  const host = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`the registry ended\n${lines.join('\n')}`)));
  });
  return {
    host,
    async collectGarbage() {
      const options = ['garbage-collect', '--delete-untagged', configuration];
      await mustRun(await builtTool('registry'), options, { env: { HOME: folder } });
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
