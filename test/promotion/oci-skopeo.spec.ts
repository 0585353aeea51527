import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTimeout } from '../clients/support/built-tools.js';
import { expectFailure, expectSuccess, mustRun, run } from '../clients/support/run.js';
import { ImageSite } from './support/image-site.js';

let site: ImageSite;
let root: string;
/** Of the test, inside the root: what skopeo is given, and where it copies to. */
let inside: string;
beforeAll(async () => {
  const settings = process.env as Record<string, string>; // where the cache and the mirror are
  root = (await mustRun('scripts/ci/make-skopeo-root.sh', [], { env: settings })).trim();
  inside = await mkdtemp(join(root, 'tmp/packyard-'));
  site = await ImageSite.start();
  for (const version of ['1.0.0', '2.0.0']) {
    await site.stageImage(version);
    await site.mustPromote();
  }
}, buildTimeout);
afterAll(async () => {
  await site?.stop();
  await rm(inside, { recursive: true, force: true });
});

/** Its default: a signature is for exactly the reference that is pulled (`matchRepoDigestOrExact`). */
async function writePolicy(): Promise<void> {
  const key = await readFile(join(site.keys.folder, 'cosign.pub'));
  const signed = { type: 'sigstoreSigned', keyData: key.toString('base64') };
  await writeFile(
    join(inside, 'policy.json'),
    JSON.stringify({
      default: [{ type: 'reject' }],
      transports: { docker: { [`${site.host}/oci/lts-core`]: [signed] } },
    }),
  );
  await mkdir(join(inside, 'registries.d'), { recursive: true });
  const attached = `docker:\n  ${site.host}:\n    use-sigstore-attachments: true\n`;
  await writeFile(join(inside, 'registries.d/packyard.yaml'), attached);
}

async function pull(reference: string, ...options: string[]) {
  const { key } = await site.packyard.site.admin.createKey('core');
  const target = await mkdtemp(join(inside, 'pulled-'));
  const place = (path: string) => path.slice(root.length);
  return run('chroot', [
    ...[root, 'skopeo', `--policy=${place(join(inside, 'policy.json'))}`],
    ...[`--registries.d=${place(join(inside, 'registries.d'))}`, 'copy', ...options],
    ...['--src-tls-verify=false', `--src-creds=subscriber:${key}`, '--remove-signatures'],
    ...[`docker://${site.host}/oci/lts-core${reference}`, `dir:${place(target)}`],
  ]);
}

it('verifies by its default policy, all architectures and one', async () => {
  await writePolicy();
  for (const options of [['--all'], ['--override-arch=amd64'], ['--override-arch=arm64']]) {
    expectSuccess(await pull(':2025', ...options));
    expectSuccess(await pull(':1.0.0', ...options));
  }
  expectSuccess(await pull(`@${await site.digest('2025')}`, '--all'));
});

it('refuses a tag that was swapped', async () => {
  const image = (tag: string) => `${site.registry}/oci/lts-core:${tag}`;
  await site.crane('tag', '--insecure', image('1.0.0'), '2.0.0');
  const swapped = await pull(':2.0.0', '--override-arch=amd64');
  expectFailure(swapped, 'is not accepted');
});

it('refuses an image that nobody signed', async () => {
  const archive = await site.archive('3.0.0', 'amd64');
  const unsigned = `docker://${site.registry}/oci/lts-core:3.0.0`;
  const copy = ['copy', '--dest-tls-verify=false', `oci-archive:${archive}`, unsigned];
  await mustRun('skopeo', ['--insecure-policy', ...copy], { env: { HOME: site.folder } });
  expectFailure(await pull(':3.0.0'), 'signature was required');
});
