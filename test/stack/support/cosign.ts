import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtTool } from '../../clients/support/built-tools.js';
import { dockerConfig } from '../../clients/support/image-clients.js';
import { type Ran, run } from '../../clients/support/run.js';
import { DOMAIN, type Stack } from './stack.js';

/** As a subscriber does, by the key that CI signs with now. */
export async function cosignVerify(stack: Stack, image: string, key: string): Promise<Ran> {
  const folder = await stack.newFolder('cosign');
  await writeFile(join(folder, 'config.json'), dockerConfig(DOMAIN, key), { mode: 0o600 });
  const env = { HOME: folder, DOCKER_CONFIG: folder, SSL_CERT_FILE: stack.issuerFile };
  const options = ['--key', stack.ci.cosignKeyFile, '--insecure-ignore-tlog'];
  const [command, ...before] = [...stack.knowingTheName, await builtTool('cosign')];
  return run(command, [...before, 'verify', ...options, image], { env });
}
