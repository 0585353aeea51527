import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from 'openpgp';
import { DEVELOPMENT_COMMENT } from './development-keys.js';
import { readPublicSigningKeys } from './public-signing-keys.js';

const DAY = 86_400;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function makeKey(comment: string, keyExpirationTime = 0) {
  const { publicKey, privateKey } = await generateKey({
    type: 'curve25519',
    userIDs: { name: 'LTS', comment, email: 'lts-signing@example.org' },
    keyExpirationTime,
    format: 'object',
  });
  return { publicKey, armored: publicKey.armor(), privateArmored: privateKey.armor() };
}
const write = (name: string, text: string) => writeFile(join(folder, name), text);
const writeCosign = () =>
  write(
    'cosign.pub',
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .publicKey.export({ type: 'spki', format: 'pem' })
      .toString(),
  );

it('says whose keys they are, and until when', async () => {
  const key = await makeKey('Package Signing Key', 90 * DAY);
  await write('lts.asc', key.armored);
  await writeCosign();

  expect(await readPublicSigningKeys(folder)).toEqual({
    gpg: [
      {
        fingerprint: key.publicKey.getFingerprint().toUpperCase(),
        userIds: ['LTS (Package Signing Key) <lts-signing@example.org>'],
        expiresAt: new Date(key.publicKey.getCreationTime().getTime() + 90 * DAY * 1000),
      },
    ],
    cosign: true,
    development: false,
    problems: [],
  });
});

it('knows development keys', async () => {
  await write('lts.asc', (await makeKey(DEVELOPMENT_COMMENT)).armored);
  const keys = await readPublicSigningKeys(folder);
  expect(keys.development).toBe(true);
  expect(keys.gpg[0]?.expiresAt).toBeNull();
});

it('says what is missing or broken, and goes on', async () => {
  await write('lts.asc', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n');
  const keys = await readPublicSigningKeys(folder);
  expect(keys).toMatchObject({ gpg: [], cosign: false, development: false });
  expect(keys.problems).toEqual([
    expect.stringContaining('lts.asc holds no public key'),
    expect.stringContaining('cosign.pub cannot be read (ENOENT)'),
  ]);
});

it('says so when a private key lies where everybody gets it', async () => {
  await write('lts.asc', (await makeKey('Package Signing Key')).privateArmored);
  const { problems } = await readPublicSigningKeys(folder);
  expect(problems[0]).toContain('lts.asc holds a private key');
});
