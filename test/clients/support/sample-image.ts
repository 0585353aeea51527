import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { mustRun } from './run.js';

/** OCI image spec, "Descriptors". */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string };
}

/** An image on disk, as an OCI layout, and what is in it. */
export interface SampleImage {
  readonly layout: string;
  readonly index: Descriptor;
  /** Of the platforms, amd64 first. */
  readonly manifests: readonly Descriptor[];
  /** The first platform's layer with the script. */
  readonly layer: Descriptor;
  /** The layer that all platforms share, where there is one. */
  readonly payload?: Descriptor;
}

export const architectures = ['amd64', 'arm64'];

/** Where the script is in the image. */
export const scriptPath = 'usr/bin/hello';

/** The script: the only thing by which two images differ. */
export const scriptOf = (name: string, architecture: string) =>
  `#!/bin/sh\necho ${name} for ${architecture}\n`;

/**
 * An image for two architectures without a base, made of a script.
 *
 * @param payload bytes of a further file, to make it large
 * @param labels of its configs
 */
export async function makeImage(
  parent: string,
  name: string,
  payload?: Buffer,
  labels: Record<string, string> = {},
): Promise<SampleImage> {
  const layout = await mkdtemp(join(parent, 'image-'));
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });

  const add = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const hex = sha256(bytes);
    await writeFile(join(layout, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const addJson = (mediaType: string, content: object) =>
    add(mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content })));
  const addLayer = async (path: string, content: string | Buffer) => {
    const tar = await tarOf(parent, path, content);
    const descriptor = await add(`${oci}.layer.v1.tar+gzip`, gzipSync(tar, { level: 1 }));
    return { descriptor, diffId: `sha256:${sha256(tar)}` };
  };

  const shared = payload && (await addLayer('usr/share/payload', payload));
  const manifests: Descriptor[] = [];
  const scripts: Descriptor[] = [];
  for (const architecture of architectures) {
    const platform = { os: 'linux', architecture };
    const script = await addLayer(scriptPath, scriptOf(name, architecture));
    const layers = [script, ...(shared ? [shared] : [])];
    const config = {
      ...platform,
      config: { Entrypoint: [`/${scriptPath}`], Labels: labels },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    };
    const manifest = await addJson(`${oci}.manifest.v1+json`, {
      config: await add(`${oci}.config.v1+json`, Buffer.from(JSON.stringify(config))),
      layers: layers.map(({ descriptor }) => descriptor),
    });
    manifests.push({ ...manifest, platform });
    scripts.push(script.descriptor);
  }
  const index = await addJson(`${oci}.index.v1+json`, { manifests });

  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [index] }),
  );
  return { layout, index, manifests, layer: scripts[0]!, payload: shared?.descriptor };
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const oci = 'application/vnd.oci.image';

async function tarOf(parent: string, path: string, content: string | Buffer): Promise<Buffer> {
  const folder = await mkdtemp(join(parent, 'layer-'));
  const archive = `${folder}.tar`;
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content, { mode: 0o755 });
  await mustRun('tar', ['--create', `--file=${archive}`, `--directory=${folder}`, path]);
  return readFile(archive);
}
