import { loadStagingSettings } from '../config/settings.js';
import { FolderObjectStore } from '../staging/folder-object-store.js';
import { S3ObjectStore } from '../staging/s3-object-store.js';
import { StagingStore } from '../staging/staging-store.js';

/**
 * Staging as the signer reads it itself, not by way of the server.
 * @param env STAGING_URL, STAGING_ACCESS_KEY, STAGING_SECRET_KEY, PACKYARD_DATA_DIR, with the server's defaults
 * @throws StartError that names every mistake in these
 */
export function openStaging(env: NodeJS.ProcessEnv): StagingStore {
  const staging = loadStagingSettings(env);
  const isServer = staging.kind === 's3';
  return new StagingStore(
    isServer ? new S3ObjectStore(staging) : new FolderObjectStore(staging.folder),
  );
}
