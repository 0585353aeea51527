/** A sample container image, made of a script and without a base. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runQuietly } from './run.mjs';

/** The image's repository. */
export const IMAGE = 'packyard-hello';

const OCI = 'application/vnd.oci.image';
/** The same bytes on every run: a registry that has the version of an earlier one finds nothing changed. */
const REPRODUCIBLY = ['--sort=name', '--mtime=@0', '--mode=755', '--owner=0', '--group=0'];

/** @returns the path of an OCI archive for amd64 */
export async function buildImage(folder, signal) {
  const top = join(folder, 'image');
  const layout = join(top, 'layout');
  const blobs = join(layout, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const add = async (mediaType, content) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };

  const layer = await add(`${OCI}.layer.v1.tar`, await layerOf(top, signal));
  const config = await add(`${OCI}.config.v1+json`, {
    ...{ os: 'linux', architecture: 'amd64' },
    config: {
      Cmd: ['/hello'],
      Labels: { 'org.opencontainers.image.version': '1.0' },
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const mediaType = `${OCI}.manifest.v1+json`;
  const manifest = await add(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
  const index = { schemaVersion: 2, manifests: [manifest] };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));

  const archive = join(top, `${IMAGE}-amd64.tar`);
  await tar(archive, layout, ['blobs', 'index.json', 'oci-layout'], signal);
  return archive;
}

/** A script: to see that it has arrived, not to run, for there is no shell. */
async function layerOf(top, signal) {
  const root = join(top, 'root');
  await mkdir(root);
  const script = "#!/bin/sh\necho 'Hello from an image that Packyard let you have.'\n";
  await writeFile(join(root, 'hello'), script);
  const layer = join(top, 'layer.tar');
  await tar(layer, root, ['hello'], signal);
  return readFile(layer);
}

async function tar(archive, folder, names, signal) {
  const what = ['--create', '--format=ustar', ...REPRODUCIBLY, '--file', archive];
  await runQuietly('tar', [...what, '--directory', folder, ...names], { signal });
}
