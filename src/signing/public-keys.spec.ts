import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../common/start-error.js';
import { developmentKeysFolder, publicKeysFolder } from './public-keys.js';

const PGP = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxsFN\n-----END PGP PUBLIC KEY BLOCK-----\n';
const COSIGN = '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n';

describe('publicKeysFolder', () => {
  let home: string;
  let configured: string;
  let dataDir: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'public-keys-'));
    configured = join(home, 'gpg');
    dataDir = join(home, 'data');
    await mkdir(configured);
    await mkdir(dataDir);
  });

  afterEach(() => rm(home, { recursive: true }));

  const put = (name: string, content: string) => writeFile(join(configured, name), content);
  const folder = (production: boolean) => publicKeysFolder({ configured, dataDir, production });

  it.each([true, false])(
    'is the configured folder where both keys are there (production: %s)',
    async (production) => {
      await put('lts.asc', PGP);
      await put('cosign.pub', COSIGN);

      expect(await folder(production)).toBe(configured);
      expect(await readdir(dataDir)).toEqual([]);
    },
  );

  it('is that of the development keys where there are none', async () => {
    await put('.gitkeep', '');
    const told: string[] = [];

    const found = await publicKeysFolder({
      configured,
      dataDir,
      production: false,
      onProgress: (message) => told.push(message),
    });

    expect(found).toBe(join(developmentKeysFolder(dataDir), 'public'));
    expect((await readdir(found)).sort()).toEqual(['cosign.pub', 'lts.asc']);
    expect(told.join(' ')).toContain(developmentKeysFolder(dataDir));
  });

  it('makes no keys up in production, and says which to commit', async () => {
    await expect(folder(true)).rejects.toThrow(StartError);
    await expect(folder(true)).rejects.toThrow(
      /static\/content\/gpg\/lts\.asc and static\/content\/gpg\/cosign\.pub .*section 4/,
    );
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('takes a folder that does not exist for one without keys', async () => {
    await rm(configured, { recursive: true });

    await expect(folder(true)).rejects.toThrow('no public signing keys');
  });

  it.each([
    ['cosign.pub', 'lts.asc', PGP],
    ['lts.asc', 'cosign.pub', COSIGN],
  ])('names %s where only %s is there', async (missing, present, content) => {
    await put(present, content);

    await expect(folder(false)).rejects.toThrow(StartError);
    await expect(folder(false)).rejects.toThrow(`${join(configured, missing)} is missing`);
    expect(await readdir(dataDir)).toEqual([]);
  });

  it.each([
    ['lts.asc', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n'],
    ['lts.asc', `${PGP}-----BEGIN PGP PRIVATE KEY BLOCK-----\n`],
    ['cosign.pub', '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n'],
  ])('never serves a private key as %s', async (name, content) => {
    await put('lts.asc', PGP);
    await put('cosign.pub', COSIGN);
    await put(name, content);

    await expect(folder(false)).rejects.toThrow(`${join(configured, name)} holds a private key`);
  });

  it.each(['lts.asc', 'cosign.pub'])('refuses an empty %s', async (name) => {
    await put('lts.asc', PGP);
    await put('cosign.pub', COSIGN);
    await put(name, '');

    await expect(folder(false)).rejects.toThrow(`${join(configured, name)} holds no public key`);
  });
});
