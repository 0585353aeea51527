import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildTimeout } from '../clients/support/built-tools.js';
import { mustRun } from '../clients/support/run.js';
import { buildDeb, buildRpm } from '../clients/support/sample-packages.js';
import { ImageSite } from './support/image-site.js';
import { PromotionSite } from './support/promotion-site.js';
import { freePort, startS3Server, type RunningS3Server } from './support/s3-server.js';
import { type SshServer, startSshServerOfWorkflows } from './support/ssh-server.js';
import { runWorkflow, type WorkflowRun } from './support/workflow-run.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-workflows-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a build hands over: its files, and a list of them. */
async function artifact(...files: readonly string[]): Promise<string> {
  const dist = await mkdtemp(join(folder, 'artifact-'));
  for (const file of files) await copyFile(file, join(dist, basename(file)));
  const sums = await mustRun('sha256sum', (await readdir(dist)).sort(), { cwd: dist });
  await writeFile(join(dist, 'SHA256SUMS'), sums);
  return dist;
}

describe('workflows for packages', () => {
  let s3: RunningS3Server;
  let packyard: PromotionSite;
  let ssh: SshServer;
  let secrets: Record<string, string>;
  let env: Record<string, string>;

  beforeAll(async () => {
    s3 = await startS3Server(folder);
    packyard = await PromotionSite.start({
      STAGING_URL: `s3://staging?endpoint=${s3.endpoint}`,
      STAGING_ACCESS_KEY: s3.accessKey,
      STAGING_SECRET_KEY: s3.secretKey,
    });
    const { site } = packyard;
    const admin = Number(new URL(site.packyard.admin).port);
    const staging = Number(new URL(s3.endpoint).port);
    ssh = await startSshServerOfWorkflows(admin, staging);
    const here = [await freePort(), await freePort()];
    secrets = {
      ...ssh.secrets,
      ...(await site.signingKey.secrets()),
      RUSTFS_ACCESS_KEY: s3.accessKey,
      RUSTFS_SECRET_KEY: s3.secretKey,
    };
    env = {
      HOME: site.folder,
      SSH_USER: 'root',
      SSH_PORT: String(ssh.port),
      TUNNEL_FORWARDS: `${here[0]}:${admin} ${here[1]}:${staging}`,
      PACKYARD_ADMIN_URL: `http://127.0.0.1:${here[0]}`,
      STAGING_URL: `s3://staging?endpoint=http://127.0.0.1:${here[1]}`,
      PUBLIC_KEYS_DIR: join(site.folder, 'gpg'),
      PACKYARD_CONFIG: join(site.folder, 'packyard.yml'),
    };
  }, buildTimeout);
  afterAll(async () => {
    await ssh?.stop();
    await packyard?.stop();
    await s3?.stop();
  });

  const build = async (version: string) =>
    artifact(await buildRpm(folder, { name: 'acme', version }));
  const workflow = (name: string, inputs: WorkflowRun['inputs'], dist?: string) =>
    runWorkflow(name, { secrets, env, inputs, ...(dist && { artifact: dist }) });
  const promoteRpm = (dist: string, base = '') =>
    workflow(
      'promote-rpm',
      { component: 'core', series: '2025', target: 'el9-x86_64', base },
      dist,
    );
  const live = async () => (await packyard.releases('format=rpm')).find((release) => release.live)!;
  const versions = async () => (await live()).packages.map(({ version }) => version);

  it('promote-rpm stages what the build made over the tunnel, and it is live', async () => {
    const ran = await promoteRpm(await build('1'), 'none');
    expect([ran.code, ran.output]).toEqual([0, expect.stringContaining('Live: release')]);
    expect(await versions()).toEqual(['1-1']);
  });

  it('promote-deb stages what the build made over the tunnel, and it is live', async () => {
    const dist = await artifact(await buildDeb(folder, { name: 'acme', version: '1' }));
    const ran = await workflow(
      'promote-deb',
      { component: 'core', series: '2025', target: 'bookworm-all', base: 'none' },
      dist,
    );
    expect([ran.code, ran.output]).toEqual([0, expect.stringContaining('Live: release')]);
    const { gateway } = packyard.site.packyard;
    const { key } = await packyard.site.admin.createKey('core');
    const answer = await fetch(`${gateway}/deb/core/2025/dists/bookworm/InRelease`, {
      headers: { Authorization: `Basic ${Buffer.from(`subscriber:${key}`).toString('base64')}` },
    });
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringContaining('BEGIN PGP SIGNED MESSAGE'),
    ]);
  }, 120_000);

  it('promote-rpm stages nothing that the build’s list lacks, or has otherwise', async () => {
    const dist = await build('2');
    await writeFile(join(dist, 'added.rpm'), 'by somebody else');
    const added = await promoteRpm(dist);
    expect(added).toMatchObject({ code: 2, stdout: '' });
    expect(added.output).toContain('does not list added.rpm');

    await rm(join(dist, 'added.rpm'));
    const [rpm] = (await readdir(dist)).filter((name) => name.endsWith('.rpm'));
    await writeFile(join(dist, rpm!), 'swapped');
    const swapped = await promoteRpm(dist);
    expect(swapped.code).toBe(2);
    expect(swapped.output).toContain('is not what');
    expect((await packyard.call('GET', 'staging')).body).toEqual([]);
  });

  it('withdraw takes packages out, and rollback brings back what a release held', async () => {
    const first = await live();
    expect((await promoteRpm(await build('2'))).code).toBe(0);
    const publication = 'rpm/core/2025/el9-x86_64';

    const back = await workflow('rollback', { release: first.id, publication });
    expect([back.code, back.output]).toEqual([0, expect.stringContaining('Live: release')]);
    expect(await versions()).toEqual(['1-1']);

    expect((await promoteRpm(await build('3'))).code).toBe(0);
    const { id: release, packages } = await live();
    const [gone] = packages.filter(({ version }) => version === '3-1');
    const withdrawn = await workflow('withdraw', {
      ...{ release, publication },
      packages: basename(gone!.path),
      now: 'true',
    });
    expect([withdrawn.code, withdrawn.output]).toEqual([
      0,
      expect.stringContaining('Live: release'),
    ]);
    expect(await versions()).toEqual(['1-1']);
  }, 120_000);
});

describe('workflows for images', () => {
  it('promote-oci signs for the host of the secret, whatever the document calls it', async () => {
    const site = await ImageSite.start({ PUBLIC_URL: 'https://127.0.0.1' });
    const admin = Number(new URL(site.packyard.site.packyard.admin).port);
    const [here, unused] = [await freePort(), await freePort()];
    const ssh = await startSshServerOfWorkflows(admin, unused);
    try {
      const files = await Promise.all(
        ['amd64', 'arm64'].map((architecture) => site.archive('1.0.0', architecture)),
      );
      const ran = await runWorkflow('promote-oci', {
        inputs: { component: 'core', series: '2025' },
        artifact: await artifact(...files),
        secrets: {
          ...ssh.secrets,
          RUSTFS_ACCESS_KEY: 'unused',
          RUSTFS_SECRET_KEY: 'unused', // as staging is a folder here
          COSIGN_PRIVATE_KEY: await readFile(join(site.keys.folder, 'cosign.key'), 'utf8'),
          COSIGN_PASSWORD: site.keys.password,
        },
        env: {
          HOME: site.folder,
          SSH_USER: 'root',
          SSH_PORT: String(ssh.port),
          TUNNEL_FORWARDS: `${here}:${admin}`,
          PACKYARD_ADMIN_URL: `http://127.0.0.1:${here}`,
          STAGING_URL: site.packyard.stagingFolder,
          PUBLIC_KEYS_DIR: join(site.folder, 'public'),
          PACKYARD_CONFIG: join(site.folder, 'packyard.yml'),
        },
      });
      expect([ran.code, ran.output]).toEqual([0, expect.stringContaining('Live: release')]);
      const verified = await site.cosignVerify(`${site.registry}/oci/lts-core:2025`);
      expect(verified.stdout).toContain('"docker-reference":"127.0.0.1/oci/lts-core:2025"');
    } finally {
      await ssh.stop();
      await site.stop();
    }
  }, 120_000);
});
