import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeRefusedKey, refusedKeys } from './support/refused-keys.js';
import { expectFailure, expectSuccess, run } from './support/run.js';
import { type Site, startSite } from './support/site.js';

const large = randomBytes(5_000_000);
const half = large.subarray(0, 2_500_000);

describe('downloading by hand', () => {
  let site: Site;
  let url: string;
  let folder: string;
  let download: string;

  beforeAll(async () => {
    site = await startSite();
    await site.tree.release('rpm/core/2025/el9-x86_64', (snapshot) =>
      writeFile(join(snapshot, 'large.rpm'), large),
    );
    url = `${site.packyard.gateway}/rpm/core/2025/el9-x86_64/large.rpm`;
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    folder = await mkdtemp(join(site.folder, 'download-'));
    download = join(folder, 'large.rpm');
  });

  describe('curl', () => {
    const curl = (key: string | undefined, ...args: string[]) => {
      const credentials = key ? ['--user', `subscriber:${key}`] : [];
      const common = ['--silent', '--show-error', '--fail', '--output', download];
      return run('curl', [...common, ...credentials, ...args, url], { env: { HOME: folder } });
    };
    const showStatus = ['--write-out', '%{http_code}'];

    it('downloads', async () => {
      const { key } = await site.admin.createKey('core');

      expectSuccess(await curl(key));

      expect((await readFile(download)).equals(large)).toBe(true);
    });

    it('resumes', async () => {
      const { key } = await site.admin.createKey('core');
      await writeFile(download, half);

      const ran = await curl(key, '--continue-at', '-', ...showStatus);

      expectSuccess(ran);
      expect(ran.stdout).toBe('206');
      expect((await readFile(download)).equals(large)).toBe(true);
    });

    it('does not fetch what has not changed', async () => {
      const { key } = await site.admin.createKey('core');
      expectSuccess(await curl(key, '--remote-time'));

      const ran = await curl(key, '--time-cond', download, ...showStatus);

      expectSuccess(ran);
      expect(ran.stdout).toBe('304');
      expect((await readFile(download)).equals(large)).toBe(true);
    });

    it.each(refusedKeys)('is refused with %s', async (kind) => {
      const ran = await curl(await makeRefusedKey(kind, site.admin));

      expectFailure(ran, 'The requested URL returned error: 401');
      await expect(stat(download)).rejects.toThrow('ENOENT');
    });
  });

  describe('wget', () => {
    const wget = async (key: string | undefined, ...args: string[]) => {
      const settings = join(folder, 'wgetrc');
      const credentials = key ? `user=subscriber\npassword=${key}\n` : '';
      await writeFile(settings, credentials, { mode: 0o600 });
      const env = { HOME: folder, WGETRC: settings };
      return run('wget', ['--tries=1', ...args, url], { env, cwd: folder });
    };

    it('downloads, once it has been challenged', async () => {
      const { key } = await site.admin.createKey('core');

      const ran = await wget(key);

      expectSuccess(ran);
      expect(ran.output).toContain('401 Unauthorized');
      expect(ran.output).toContain('Authentication selected: Basic realm="Packyard"');
      expect((await readFile(download)).equals(large)).toBe(true);
    });

    it('resumes', async () => {
      const { key } = await site.admin.createKey('core');
      await writeFile(download, half);

      const ran = await wget(key, '--continue');

      expectSuccess(ran);
      expect(ran.output).toContain('206 Partial Content');
      expect((await readFile(download)).equals(large)).toBe(true);
    });

    it.each(refusedKeys)('is refused with %s', async (kind) => {
      const ran = await wget(await makeRefusedKey(kind, site.admin));

      expectFailure(ran, 'Username/Password Authentication Failed');
      await expect(stat(download)).rejects.toThrow('ENOENT');
    });
  });
});
