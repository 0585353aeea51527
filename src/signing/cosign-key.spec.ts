import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { openCosignKey, sealCosignKey } from './cosign-key.js';

function pem(json: string): string {
  const lines =
    Buffer.from(json)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const label = 'ENCRYPTED SIGSTORE PRIVATE KEY';
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** What `cosign generate-key-pair` 2.6.5 wrote for this test, with the password "abc". */
const JSON_BY_COSIGN =
  '{"kdf":{"name":"scrypt","params":{"N":65536,"r":8,"p":1},"salt":"bFjuokp20M0Gf2N' +
  'iMnE3DDbk1fnx09NL+FKQf7pmV/A="},"cipher":{"name":"nacl/secretbox","nonce":"HLX3d' +
  '/ti0QMkN1EXLqa6lkFrQM9gmJFC"},"ciphertext":"HyuLh1sfLDJ61ObN4KuKsTNqdPVj+8v+Ate0' +
  '7+jUCGDhH0RapXCMa4Hr/YeQwxlCb4nzqZuhFHQak8z6ZAayaJ1rT1mtsZCmrRwrFkYpsFX2+9cCZIyx' +
  'yBs2SFOzIRps03QlDmz8b/99wN3M3azDxmGnp23kYAp4u8WWpjWnOKxFUKeCSrskJdwTZJh93uE11hDa' +
  '33IVME6c1A=="}';
const MADE_BY_COSIGN = pem(JSON_BY_COSIGN);
const ITS_PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpHXqO3kq6zwG2L6+abWUrVQzkgQs
kkHpgq4KAlECdSQ6cuj7sV16/Lh7xSXwrLy9ASWcHOnp5ayLpuwwl0wCWQ==
-----END PUBLIC KEY-----
`;

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('a cosign key', () => {
  it('that cosign made opens, and signs what its public key verifies', async () => {
    const key = await openCosignKey(MADE_BY_COSIGN, 'abc');
    const signature = sign('sha256', Buffer.from('payload'), key);

    expect(verify('sha256', Buffer.from('payload'), ITS_PUBLIC_KEY, signature)).toBe(true);
    expect(verify('sha256', Buffer.from('another'), ITS_PUBLIC_KEY, signature)).toBe(false);
  });

  it('that cosign 1 labelled opens too', async () => {
    const labelled = MADE_BY_COSIGN.replaceAll('SIGSTORE', 'COSIGN');

    await expect(openCosignKey(labelled, 'abc')).resolves.toBeDefined();
  });

  it('that was sealed has the form of one that cosign made', async () => {
    const sealed = await sealCosignKey(privateKey, 'geheim');
    const shapeOf = (file: string) =>
      JSON.parse(Buffer.from(file.replace(/-----.*-----/g, ''), 'base64').toString(), (_, value) =>
        typeof value === 'string' && value.length > 20
          ? Buffer.from(value, 'base64').length
          : value,
      );

    expect(shapeOf(sealed)).toEqual(shapeOf(MADE_BY_COSIGN));
    expect(sealed.split('\n').map((line) => line.length)).toEqual(
      MADE_BY_COSIGN.split('\n').map((line) => line.length),
    );
  });

  it('that was sealed opens with its password alone', async () => {
    const sealed = await sealCosignKey(privateKey, 'geheim');
    const opened = await openCosignKey(sealed, 'geheim');

    expect(
      verify('sha256', Buffer.from('x'), publicKey, sign('sha256', Buffer.from('x'), opened)),
    ).toBe(true);
    await expect(openCosignKey(sealed, 'geheim ')).rejects.toThrow('does not open');
  });

  it('is sealed with another salt and nonce each time', async () => {
    expect(await sealCosignKey(privateKey, 'x')).not.toBe(await sealCosignKey(privateKey, 'x'));
  });

  it.each([
    ['no PEM', 'cosign'],
    ['an unencrypted key', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['no JSON', pem('x')],
    ['JSON null', pem('null')],
    ['no cipher', pem(JSON_BY_COSIGN.replace('"cipher"', '"chiffre"'))],
    ['no parameters', pem(JSON_BY_COSIGN.replace('"params"', '"p"'))],
    ['a cost that fills the memory', pem(JSON_BY_COSIGN.replace('65536', '1073741824'))],
    ['a short nonce', pem(JSON_BY_COSIGN.replace(/"nonce":"..../, '"nonce":"'))],
    ['another ciphertext', pem(JSON_BY_COSIGN.replace('HyuL', 'HyuM'))],
  ])('with %s is refused, and no word of it said', async (_what, file) => {
    const error = await openCosignKey(file, 'abc').then(
      () => new Error('it opened'),
      (reason: Error) => reason,
    );

    expect(error.message).toMatch(/cosign key/);
    expect(error.message).not.toMatch(/abc|HyuL|eyJ|MIG/);
  });
});
