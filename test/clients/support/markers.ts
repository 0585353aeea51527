import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PublishedTree } from './repositories.js';

/** Files whose content gives a component's tree away, at every depth and under awkward names. */
export interface Markers {
  content: string;
  /** Their paths as a client asks for them, in segments. */
  paths: string[][];
}

const inSnapshots = {
  [`rpm/{component}/2025/el9-x86_64`]: [
    'marker.txt',
    'repodata/repomd.xml',
    'Packages/sample-1.0~rc1+git5^3-1.noarch.rpm',
  ],
  [`deb/{component}/2025`]: [
    'marker.txt',
    'dists/bookworm/InRelease',
    'pool/main/sample_1%3a1.0~rc1+git5_all.deb',
  ],
};
const aboveSnapshots = ['rpm/{component}', 'rpm/{component}/2025', 'deb/{component}'];

export async function placeMarkers(tree: PublishedTree, component: string): Promise<Markers> {
  const content = `${component} ${randomUUID()}`;
  const paths: string[] = [];
  const inComponent = (path: string) => path.replace('{component}', component);

  for (const folder of aboveSnapshots.map(inComponent)) {
    await tree.plainFolder(folder, (made) => writeFile(join(made, 'marker.txt'), content));
    paths.push(`${folder}/marker.txt`);
  }
  for (const [publication, files] of Object.entries(inSnapshots)) {
    await tree.release(inComponent(publication), async (snapshot) => {
      for (const file of files) {
        await mkdir(dirname(join(snapshot, file)), { recursive: true });
        await writeFile(join(snapshot, file), content);
      }
    });
    paths.push(...files.map((file) => `${inComponent(publication)}/${file}`));
  }
  paths.push(`.snap/rpm/${component}-2025-el9-x86_64/1/marker.txt`);
  return { content, paths: paths.map((path) => path.replaceAll('%', '%25').split('/')) };
}
