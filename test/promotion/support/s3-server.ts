import { S3 } from '@aws-sdk/client-s3';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { S3Staging } from '../../../src/config/settings.js';
import { builtTool } from '../../clients/support/built-tools.js';
import { until } from '../../support/until.js';

export interface RunningS3Server {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The settings for a bucket of it. */
  staging(bucket: string): S3Staging;
  /** A client as another program would use it. */
  readonly client: S3;
  stop(): Promise<void>;
}

/** A real versitygw on loopback, over a folder of its own. */
export async function startS3Server(
  parent: string,
  given: { port?: number; accessKey?: string; secretKey?: string } = {},
): Promise<RunningS3Server> {
  const folder = await mkdtemp(join(parent, 's3-'));
  const data = join(folder, 'data');
  await mkdir(data);
  const port = given.port ?? (await freePort());
  const accessKey = given.accessKey ?? `key${randomBytes(8).toString('hex')}`;
  // What a quoting mistake would trip over.
  const secretKey = given.secretKey ?? `${randomBytes(15).toString('base64')}"\\'$/+=`;

  const child = spawn(
    await builtTool('versitygw'),
    ['--port', `127.0.0.1:${port}`, 'posix', data],
    {
      cwd: folder,
      env: { HOME: folder, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
      stdio: 'ignore',
    },
  );
  const exited = once(child, 'exit');
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}`);
    return client.listBuckets({}).then(
      () => true,
      () => false,
    );
  });
  return {
    endpoint,
    accessKey,
    secretKey,
    client,
    staging: (bucket) => ({ kind: 's3', bucket, endpoint, accessKey, secretKey }),
    async stop() {
      client.destroy();
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** One that nobody listens on; somebody may by the time it is used, in which case the start fails. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
