import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { openMember } from './archive-members.js';
import { digestOf, hexOf } from './descriptor.js';
import { ImageProblem } from './image-problem.js';
import { readImage } from './read-image.js';

const OCI = 'application/vnd.oci.image';
const json = (content: unknown) => Buffer.from(JSON.stringify(content));
const layer = Buffer.alloc(2048, 'a layer is a tar; nobody unpacks it here');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-image-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Entry = [name: string, content: Buffer | { linkTo: string } | { type: 'character-device' }];

async function archiveOf(entries: readonly Entry[]): Promise<string> {
  const tar = pack();
  for (const [name, content] of entries) {
    if (Buffer.isBuffer(content)) tar.entry({ name }, content);
    else if ('linkTo' in content) tar.entry({ name, type: 'symlink', linkname: content.linkTo });
    else tar.entry({ name, type: content.type });
  }
  tar.finalize();
  const file = join(folder, 'image.tar');
  await writeFile(file, await buffer(tar));
  return file;
}

interface Changes {
  config?: Record<string, unknown>;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  layerType?: string;
  /** As its descriptor says. */
  layerSize?: number;
  manifests?: object[];
}

const versioned = { 'org.opencontainers.image.version': '1.0.0' };

function layout(changes: Changes = {}): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const add = (mediaType: string, bytes: Buffer) => {
    const digest = digestOf(bytes);
    files.set(`blobs/sha256/${hexOf(digest)}`, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const config = add(
    `${OCI}.config.v1+json`,
    json({
      ...{ architecture: 'amd64', os: 'linux' },
      config: { Labels: changes.labels ?? versioned },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      ...changes.config,
    }),
  );
  const packed = add(changes.layerType ?? `${OCI}.layer.v1.tar+gzip`, gzipSync(layer));
  const manifest = add(
    `${OCI}.manifest.v1+json`,
    json({
      schemaVersion: 2,
      ...{ config, layers: [{ ...packed, size: changes.layerSize ?? packed.size }] },
      ...(changes.annotations && { annotations: changes.annotations }),
    }),
  );
  files.set('index.json', json({ schemaVersion: 2, manifests: changes.manifests ?? [manifest] }));
  files.set('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  return files;
}

const read = async (files: Iterable<Entry>, architecture = 'amd64') =>
  readImage(await archiveOf([...files]), architecture);

describe('an OCI archive', () => {
  it('is read, and its layer found where it is', async () => {
    const archive = await archiveOf([...layout()]);
    const image = await readImage(archive, 'amd64');
    expect(image).toMatchObject({
      version: '1.0.0',
      platform: { architecture: 'amd64', os: 'linux' },
    });
    const bytes = await buffer(openMember(archive, image.layers[0]!));
    expect(digestOf(bytes)).toBe(image.layers[0]!.digest);
  });

  it('may say its version in an annotation', async () => {
    const image = await read(layout({ labels: {}, annotations: versioned }));
    expect(image.version).toBe('1.0.0');
  });

  const other = { 'org.opencontainers.image.version': '2.0.0' };
  it.each<[string, () => Iterable<Entry>, RegExp]>([
    ['no version', () => layout({ labels: {} }), /says no version/],
    ['two versions', () => layout({ annotations: other }), /is "1.0.0", and the annotation/],
    [
      'a version that is no tag',
      () => layout({ labels: { 'org.opencontainers.image.version': '1.0+build' } }),
      /cannot be a tag/,
    ],
    [
      "a version like cosign's tags",
      () => layout({ labels: { 'org.opencontainers.image.version': 'sha256-1.sig' } }),
      /cannot be a tag/,
    ],
    [
      'another architecture',
      () => layout({ config: { architecture: 'arm64' } }),
      /no image for linux\/amd64 \(it has: linux\/arm64\)/,
    ],
    ['another system', () => layout({ config: { os: 'windows' } }), /it has: windows\/amd64/],
    [
      'a layer of a foreign type',
      () => layout({ layerType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }),
      /a layer of the type application\/vnd.docker/,
    ],
    ['a layer of another size', () => layout({ layerSize: 1 }), /not 1 bytes long/],
    [
      'a layer that unpacks to something else',
      () => layout({ config: { rootfs: { diff_ids: [`sha256:${'0'.repeat(64)}`] } } }),
      /unpacks to sha256/,
    ],
    [
      'a blob with other content',
      () =>
        [...layout()].map(([name, bytes]) => [
          name,
          name.startsWith('blobs/') ? Buffer.concat([bytes, bytes]) : bytes,
        ]),
      /has other content/,
    ],
    [
      'a missing blob',
      () => [...layout()].filter(([name]) => !name.startsWith('blobs/')),
      /it has no blobs/,
    ],
    ['a name twice', () => [...layout(), ...layout()], /twice/],
    [
      'a path that leads out',
      () => [...layout(), ['../evil', Buffer.from('x')]],
      /leads out of it/,
    ],
    ['an absolute path', () => [...layout(), ['/etc/evil', Buffer.from('x')]], /leads out of it/],
    [
      'a device',
      () => [...layout(), ['dev', { type: 'character-device' }]],
      /holds a character-device/,
    ],
    ['no image', () => [['readme', Buffer.from('x')]], /neither oci-layout nor manifest.json/],
    [
      'an index that is none',
      () => [...layout().set('index.json', Buffer.from('[]'))],
      /not a JSON object/,
    ],
  ])('is refused with %s', async (_what, files, words) => {
    const reading = read(files());
    await expect(reading).rejects.toThrow(ImageProblem);
    await expect(reading).rejects.toThrow(words);
  });

  it('is refused where it is compressed, cut off or no archive', async () => {
    const file = await archiveOf([...layout()]);
    const whole = await buffer(openMember(file, { offset: 0, size: 4096 }));
    for (const bytes of [gzipSync(whole), whole.subarray(0, 1000), Buffer.from('a text')]) {
      await writeFile(file, bytes);
      await expect(readImage(file, 'amd64')).rejects.toThrow(ImageProblem);
    }
  });
});

describe('an archive of docker save', () => {
  const config = json({
    ...{ architecture: 'amd64', os: 'linux', config: { Labels: versioned } },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] },
  });
  const entries = (image: object): Entry[] => [
    ['manifest.json', json([image])],
    [`${sha256(config)}.json`, config],
    ['one/layer.tar', layer],
    ['two/layer.tar', { linkTo: '../one/layer.tar' }],
  ];
  const image = {
    Config: `${sha256(config)}.json`,
    RepoTags: ['core:1'],
    Layers: ['one/layer.tar', 'two/layer.tar'],
  };

  it('becomes an OCI image, the same whatever else the archive holds', async () => {
    const first = await read(entries(image));
    const again = await read([
      ['repositories', Buffer.from('{}')],
      ...entries({ ...image, RepoTags: null }),
    ]);
    expect(again.manifest.equals(first.manifest)).toBe(true);
    expect(JSON.parse(first.manifest.toString())).toEqual({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: { mediaType: `${OCI}.config.v1+json`, digest: digestOf(config), size: config.length },
      layers: [1, 2].map(() => ({
        mediaType: `${OCI}.layer.v1.tar`,
        digest: digestOf(layer),
        size: layer.length,
      })),
    });
  });

  it('is refused where a layer is not what its config says, or missing', async () => {
    await expect(read([...entries({ ...image, Layers: ['one/layer.tar'] })])).rejects.toThrow(
      /diff_ids/,
    );
    await expect(
      read(entries({ ...image, Layers: ['three/layer.tar', 'one/layer.tar'] })),
    ).rejects.toThrow(/has no three\/layer.tar/);
    await expect(read([['manifest.json', json([image, image])]])).rejects.toThrow(
      /exactly one image/,
    );
  });
});
