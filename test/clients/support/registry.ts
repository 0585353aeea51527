import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { builtTool } from './built-tools.js';

export interface RunningRegistry {
  /** `127.0.0.1:5000`, as it stands in the name of an image. */
  readonly host: string;
  stop(): Promise<void>;
}

const wantsCredentials = 'auth: { silly: { realm: "https://registry/token", service: registry } }';

/**
 * A real CNCF distribution registry on loopback.
 *
 * @param storage may be that of another one, to read the same images
 * @param locked asks for credentials, and takes any that it gets
 */
export async function startRegistry(
  parent: string,
  storage: string,
  { locked = false } = {},
): Promise<RunningRegistry> {
  const folder = await mkdtemp(join(parent, 'registry-'));
  const configuration = join(folder, 'config.yml');
  await writeFile(
    configuration,
    `version: 0.1
log: { accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: ${storage} }
  maintenance: { uploadpurging: { enabled: false } }
http: { addr: '127.0.0.1:0' }
${locked ? wantsCredentials : ''}
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
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
