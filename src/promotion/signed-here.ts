import { join } from 'node:path';
import type { Settings } from '../config/settings.js';
import { developmentKeysFolder } from '../signing/public-keys.js';

/** Whether this process has the private half of the keys that it serves: development keys, and no others. */
export function isSignedHere({ publicKeysDir, dataDir }: Settings): boolean {
  return publicKeysDir === join(developmentKeysFolder(dataDir), 'public');
}
