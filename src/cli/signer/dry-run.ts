import { basename } from 'node:path';
import { publicationName, publicationOf, type Destination } from '../../promotion/publication.js';
import { type Preview, type PreviewedFile, previewPromotion } from '../../signer/preview.js';
import { SigningRefused } from '../../signer/signing-refused.js';
import { granted } from '../admin-api-client.js';
import type { Cli } from '../cli.js';
import { table } from '../table.js';
import { asFailure, baseWords, type CarryOutOptions } from './carry-out.js';
import { dryRunImages } from './dry-run-images.js';
import { HttpPromotionApi } from './http-promotion-api.js';
import { Interruption } from './interruption.js';
import { readPublicKey, SigningSession } from './signing-session.js';

const CHANGES = {
  add: 'green',
  replace: 'yellow',
  keep: 'dim',
  refuse: 'red',
  remove: 'red',
} as const;

/**
 * Shows what a promotion would change. The server is asked for the live release alone, whose signed metadata is verified
 * here.
 */
export async function dryRun(
  cli: Cli,
  options: CarryOutOptions,
  destination: Destination,
  keep?: number,
): Promise<void> {
  const interruption = Interruption.watch();
  try {
    const order = { kind: 'promotion', destination } as const;
    const session = await SigningSession.open(cli.environment, order, options, interruption.signal);
    try {
      const client = cli.api(options);
      if (destination.format === 'oci') {
        return await dryRunImages(cli, options, session.images, destination);
      }
      const publicKey = await readPublicKey(options.publicKeys);
      const releases = await granted(
        client.GET('/api/v1/releases', { params: { query: filterOf(destination) } }),
      );
      const staged = (await session.staged?.fetch()) ?? [];
      const preview = await previewPromotion({
        api: new HttpPromotionApi(client),
        ...{ destination, staged, publicKey },
        release: releases.find(({ live }) => live)?.id,
        ...(keep !== undefined && { keep }),
        workFolder: session.workFolder,
      });
      cli.answer(options, preview, () => words(cli, preview, destination));
      requireGood(preview.files);
    } finally {
      await session.close();
    }
  } catch (error) {
    throw asFailure(error);
  } finally {
    interruption.end();
  }
}

/** Of an RPM publication, the target is part of it. */
function filterOf({ component, series, format, target }: Destination) {
  return { component, series, format, ...(format === 'rpm' && { target }) };
}

function words(cli: Cli, { base, files, removed }: Preview, destination: Destination): string {
  const place = publicationName(publicationOf(destination));
  const all = [
    ...files.map(({ change, name, version, architecture, beside, file }) => [
      ...[change, name, version, architecture],
      beside.join(', '),
      file,
    ]),
    ...removed.map(({ name, version, architecture, path }) => [
      ...['remove', name, version, architecture, '', basename(path)],
    ]),
  ];
  const columns = [
    { title: 'CHANGE', paint: (cell: string) => paint(cli, cell) },
    ...['NAME', 'VERSION', 'ARCHITECTURE'].map((title) => ({ title })),
    { title: 'BESIDE', shrinks: true },
    { title: 'FILE', shrinks: true },
  ];
  const added = files.filter(({ change }) => change === 'add').length;
  const replaced = files.filter(({ change }) => change === 'replace').length;
  return [
    baseWords(base),
    ...(all.length === 0
      ? ['Nothing that is complete is staged.']
      : [table(columns, all, cli.environment.width)]),
    `${place}: ${added} to add, ${replaced} to replace, ${removed.length} to remove. Nothing was changed.`,
  ].join('\n');
}

function paint(cli: Cli, cell: string): string {
  return cli.paint(CHANGES[cell.trim() as keyof typeof CHANGES], cell);
}

function requireGood(files: readonly PreviewedFile[]): void {
  const bad = files.filter(({ change }) => change === 'refuse');
  if (bad.length === 0) return;
  throw new SigningRefused(
    `${bad.map(({ file }) => file).join(', ')}: live with other content under this name. Build it with another version or release.`,
  );
}
