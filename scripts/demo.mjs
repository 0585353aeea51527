/**
 * `npm run demo`: all of Packyard on sample packages, in a temporary folder of its own. Builds an RPM and a DEB, stages
 * and promotes them, shows the refusal without a key and the download with one, and stays up until Ctrl-C. Then nothing
 * of it runs, and nothing of it is left. With `REGISTRY_URL` it does the same with a container image, which stays in
 * that registry.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoServer, STOPPED_BY_ITSELF } from './demo/demo-server.mjs';
import { showDownload } from './demo/download.mjs';
import { whatToTry } from './demo/next-steps.mjs';
import { missingTools } from './demo/required-tools.mjs';
import { runVisibly } from './demo/run.mjs';
import { buildImage, IMAGE } from './demo/sample-image.mjs';
import { buildDeb, buildRpm } from './demo/sample-packages.mjs';
import { prepare } from './prepare.mjs';

/* global AbortController */
const hasRegistry = Boolean(process.env.REGISTRY_URL);
const CATALOGUE = `components:
  - name: core
    description: What the demo publishes
    visibility: private
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm], architectures: [amd64] }
${hasRegistry ? `    oci: { repository: ${IMAGE}, architectures: [amd64] }` : ''}
`;
const PACKAGES = [
  { format: 'rpm', staged: 'el9-x86_64', build: buildRpm },
  { format: 'deb', staged: 'bookworm-all', build: buildDeb },
  ...(hasRegistry ? [{ format: 'oci', staged: 'amd64', promoted: 'all', build: buildImage }] : []),
];

const missing = missingTools();
if (missing) {
  console.error(missing);
  process.exit(1);
}
await prepare();

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interruption.abort());
}
const folder = await mkdtemp(join(tmpdir(), 'packyard-demo-'));
let server;
try {
  await chmod(folder, 0o711); // as root the database runs as another user, who has to reach it
  await demo(interruption.signal);
} catch (error) {
  if (!interruption.signal.aborted) {
    console.error(`\nThe demo failed: ${error.message}`);
    process.exitCode = 1;
  }
} finally {
  say('\nStopping…');
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
  say(`Nothing of the demo is left${hasRegistry ? ', but the image in your registry' : ''}.`);
}
process.exit();

async function demo(signal) {
  say(`The demo keeps everything in ${folder}, and ends with Ctrl-C.`);
  say('\nStarting Packyard with a PostgreSQL and signing keys of its own…');
  await writeFile(join(folder, 'packyard.yml'), CATALOGUE);
  server = await DemoServer.start(folder, signal);
  const admin = ['--admin-url', server.admin];

  for (const { format, staged, promoted = staged, build } of PACKAGES) {
    const what = format === 'oci' ? 'container image' : format.toUpperCase();
    say(`\nBuilding a sample ${what}, and putting it live:`);
    const file = await build(folder, signal);
    const env = { STAGING_URL: server.staging };
    const place = ['core', '2025', format];
    await runVisibly('scripts/stage-artifact.sh', [...place, staged, file], { env, signal });
    await runVisibly('bin/packyard', ['promote', ...place, promoted, ...admin], { env, signal });
  }

  const { id, key } = await server.call('keys', { component: 'core', label: 'Demo' });
  say(`\nA subscriber's key, shown this once: ${key}`);
  const downloads = [];
  for (const { publication, packages } of await server.call('releases')) {
    const [{ path, sha256 }] = packages;
    const isImage = publication.startsWith('oci/');
    // Of an image, what is released is its manifest.
    const place = isImage ? `v2/oci/${IMAGE}/manifests/sha256:${sha256}` : `${publication}/${path}`;
    const url = `${server.gateway}/${place}`;
    await showDownload({ url, sha256, key, say, signal });
    if (!isImage) downloads.push(url);
  }

  const image = hasRegistry ? `${new URL(server.gateway).host}/oci/${IMAGE}:2025` : undefined;
  say(whatToTry({ server, id, url: downloads[0], image }));
  const ended = await Promise.race([server.ended, aborted(signal)]);
  if (ended === STOPPED_BY_ITSELF && !signal.aborted) throw new Error(server.lastWords());
}

function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

function say(text) {
  console.log(text);
}
