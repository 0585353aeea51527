import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../common/start-error.js';
import { ensureDevelopmentKeys } from './development-keys.js';

/** The files that subscribers fetch, and the PEM label that each has to carry. */
const PUBLIC_KEYS = [
  { name: 'lts.asc', label: 'BEGIN PGP PUBLIC KEY BLOCK' },
  { name: 'cosign.pub', label: 'BEGIN PUBLIC KEY' },
] as const;

/**
 * The folder of public keys that `/gpg/` serves: the configured one where the
 * operator has put keys, else that of the development keys, made if need be.
 *
 * @throws StartError when one of the two keys is missing, when a file holds no public
 *   key (`gpg --export > lts.asc` leaves an empty one when it fails) or a private one
 *   (it would be served to everyone), and in production when there are no keys
 */
export async function publicKeysFolder(options: {
  /** Where the operator's keys are, `static/content/gpg`. */
  configured: string;
  dataDir: string;
  production: boolean;
  onProgress?: (message: string) => void;
}): Promise<string> {
  const { configured, dataDir, production, onProgress } = options;
  const missing: string[] = [];
  for (const { name, label } of PUBLIC_KEYS) {
    const file = join(configured, name);
    const content = await readIfPresent(file);
    if (content === undefined) missing.push(file);
    else if (content.includes('PRIVATE KEY')) throw new StartError(privateKeyIn(file));
    else if (!content.includes(label)) {
      throw new StartError(`${file} holds no public key ("${label}"): ${howToCommit}`);
    }
  }

  if (missing.length === 0) return configured;
  if (missing.length < PUBLIC_KEYS.length) {
    throw new StartError(
      `${missing[0]} is missing, while the other public key is there. ` +
        `Subscribers need both: ${howToCommit}`,
    );
  }
  if (production) {
    throw new StartError(
      `${configured} has no public signing keys, and in production none are made up: ${howToCommit}`,
    );
  }
  return (await ensureDevelopmentKeys(developmentKeysFolder(dataDir), onProgress)).publicFolder;
}

/** Where the development keys of a data folder are. */
export function developmentKeysFolder(dataDir: string): string {
  return join(dataDir, 'development-keys');
}

const howToCommit =
  'commit static/content/gpg/lts.asc and static/content/gpg/cosign.pub ' +
  '(production deployment, section 4 "Generating Signing Keys").';

function privateKeyIn(file: string): string {
  return (
    `${file} holds a private key, and everything in its folder is served to everyone. ` +
    'Take it out of the folder and out of the history of the repository, and make new keys.'
  );
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
