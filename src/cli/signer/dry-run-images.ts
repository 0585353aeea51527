import { type Destination, publicationName, publicationOf } from '../../promotion/publication.js';
import { type LiveImage, readLiveImage } from '../../signer/oci/live-image.js';
import {
  type OwnImages,
  readOwnImages,
  type StagedImageFiles,
} from '../../signer/oci/own-images.js';
import { ownImages } from '../../signer/own-catalogue.js';
import { SigningRefused } from '../../signer/signing-refused.js';
import { granted } from '../admin-api-client.js';
import type { Cli } from '../cli.js';
import { table } from '../table.js';
import type { CarryOutOptions } from './carry-out.js';
import { HttpPromotionApi } from './http-promotion-api.js';

/** Shows what a promotion of images would change: the live index is verified here, and the new one computed. */
export async function dryRunImages(
  cli: Cli,
  options: CarryOutOptions,
  staged: readonly StagedImageFiles[],
  destination: Destination,
): Promise<void> {
  const { component, series, format } = destination;
  const client = cli.api(options);
  const { oci } = await ownImages(cli.environment.catalogueFile, destination);
  const releases = await granted(
    client.GET('/api/v1/releases', { params: { query: { component, series, format } } }),
  );
  const live = releases.find((each) => each.live);
  const name = `/oci/${oci!.repository}:${series}`;
  const api = new HttpPromotionApi(client);
  const before = live && (await readLiveImage(api, live.id, name, options.publicKeys));
  const own = await readOwnImages(staged);
  const [digest] = own.digests as [string];
  const change = digest === before?.digest ? 'keep' : before ? 'replace' : 'add';
  const answer = {
    publication: publicationName(publicationOf(destination)),
    base: before ? { release: live.id, digest: before.digest } : null,
    ...{ change, version: own.version, digest, images: own.images },
  };
  cli.answer(options, answer, () => words(cli, own, before, name, change));
  if (live?.packages.some(({ version }) => version === own.version) && change !== 'keep') {
    throw new SigningRefused(`${name} is live as version ${own.version} with other content.`);
  }
}

function words(
  cli: Cli,
  { version, digests, images }: OwnImages,
  before: LiveImage | undefined,
  name: string,
  change: string,
): string {
  return [
    before ? `Live at ${name}: ${before.digest}, verified` : `Live at ${name}: nothing`,
    table(
      ['ARCHITECTURE', 'DIGEST', 'FILE'].map((title) => ({ title })),
      images.map(({ architecture, digest, file }) => [architecture, digest, file]),
      cli.environment.width,
    ),
    `${change} version ${version}: ${digests[0]}. Nothing was changed.`,
  ].join('\n');
}
