import type { ArchiveMembers } from './archive-members.js';
import {
  CONFIG_TYPE,
  descriptorOf,
  LARGEST_MANIFEST,
  LAYER_TYPE,
  MANIFEST_TYPE,
} from './descriptor.js';
import { ImageProblem } from './image-problem.js';
import type { FoundImage } from './read-image.js';

/**
 * The image of an archive of `docker save`, as an OCI image: its config as it is, its layers as they are, which are
 * not compressed, and a manifest over them in one canonical form. Whoever converts it gets the same digest.
 *
 * @throws ImageProblem
 */
export async function convertDockerArchive(members: ArchiveMembers): Promise<FoundImage> {
  if (!members.find('manifest.json')) {
    throw new ImageProblem('it holds no image: it has neither oci-layout nor manifest.json');
  }
  const { configName, layerNames } = parseContents(
    await members.content('manifest.json', LARGEST_MANIFEST),
  );
  const config = await members.content(configName, LARGEST_MANIFEST);
  const layers = layerNames.map((name) => {
    const member = members.find(name);
    if (!member) throw new ImageProblem(`it has no ${name}`);
    return { mediaType: LAYER_TYPE, digest: `sha256:${member.sha256}`, size: member.size, member };
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptorOf(CONFIG_TYPE, config),
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  };
  const byDigest = new Map(layers.map(({ digest, member }) => [digest, member]));
  return {
    manifest: Buffer.from(JSON.stringify(manifest)),
    config,
    layerOf: ({ digest }) => byDigest.get(digest),
  };
}

/** `manifest.json` of the Docker image specification 1.2: an array, with an entry an image. */
function parseContents(bytes: Buffer): { configName: string; layerNames: string[] } {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8'));
  } catch {
    content = undefined;
  }
  if (!Array.isArray(content) || content.length !== 1) {
    throw new ImageProblem('its manifest.json does not name exactly one image');
  }
  const { Config: configName, Layers: layerNames } = (content[0] ?? {}) as Record<string, unknown>;
  if (
    typeof configName !== 'string' ||
    !Array.isArray(layerNames) ||
    !layerNames.every((name): name is string => typeof name === 'string')
  ) {
    throw new ImageProblem('its manifest.json names no Config or no Layers');
  }
  return { configName, layerNames };
}
