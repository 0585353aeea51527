import { randomBytes } from 'node:crypto';
import { mkdtemp, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTimeout, builtTool } from '../clients/support/built-tools.js';
import { mustRun } from '../clients/support/run.js';
import { buildRpm } from '../clients/support/sample-packages.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { until } from '../support/until.js';
import { type CosignKeys, ImageSite, IMAGES, makeCosignKeys } from './support/image-site.js';
import { DEB, PromotionSite, RPM } from './support/promotion-site.js';
import type { SigningRequest } from './support/willing-signer.js';

type Form = SigningRequest['form'];
type Sign = (file: string, form: Form) => Promise<Buffer>;

/** What is said of a signature by another key, of one over other bytes, and of garbage. */
const REASONS: Record<Form, [RegExp, RegExp, RegExp]> = {
  'rpm-header': [/by the key \w+, and should be by/, /not over this package/, /cannot be read/],
  detached: [
    /by the key \w+, and should be by/,
    /not over what was to be signed/,
    /cannot be read/,
  ],
  clearsigned: [/by the key \w+, and should be by/, /over another text/, /not a cleartext-signed/],
  cosign: [
    /not by the key of cosign.pub/,
    /not by the key of cosign.pub/,
    /not by the key of cosign.pub/,
  ],
};

/** The next one that is waited for; nothing once the promotion has ended. */
async function nextRequest(
  packyard: PromotionSite,
  id: string,
): Promise<SigningRequest | undefined> {
  const path = `promotions/${id}/signing-requests`;
  let next: SigningRequest | undefined;
  await until(async () => {
    next = (await packyard.call<SigningRequest[]>('GET', path)).body.find(({ signed }) => !signed);
    const { state } = await packyard.get(id);
    return next ? state === 'awaiting_signatures' : /live|failed|cancelled/.test(state);
  }, 60_000);
  return next;
}

/**
 * Promotes, and hands in wrong signatures before each right one.
 * @returns the forms of what had to be signed
 */
async function promoteWithWrongSignatures(
  packyard: PromotionSite,
  place: string,
  signers: { right: Sign; other: Sign },
  live: () => Promise<string>,
): Promise<Form[]> {
  const folder = await mkdtemp(join(packyard.site.folder, 'other-'));
  const otherText = join(folder, 'text');
  await writeFile(otherText, 'Another text.\n');
  const otherRpm = await buildRpm(folder, { name: 'second', version: '2' });

  const before = await live();
  const id = await packyard.order(place);
  const forms: Form[] = [];
  for (let request; (request = await nextRequest(packyard, id));) {
    const { n, form } = request;
    const subject = await packyard.signer(place).subjectOf(id, request);
    const handIn = (signature: Buffer) =>
      packyard.call('PUT', `promotions/${id}/signing-requests/${n}`, {
        signature: signature.toString('base64'),
      });

    const wrong = [
      await signers.other(subject, form),
      await signers.right(form === 'rpm-header' ? otherRpm : otherText, form),
      randomBytes(256),
    ];
    for (const [i, signature] of wrong.entries()) {
      const { status, body } = await handIn(signature);
      expect([status, body.code]).toEqual([422, 'SIGNATURE_REFUSED']);
      expect(body.message).toMatch(REASONS[form][i]!);
    }
    expect((await nextRequest(packyard, id))?.n).toBe(n);
    expect(await live()).toBe(before);

    expect(await handIn(await signers.right(subject, form))).toMatchObject({ status: 204 });
    forms.push(form);
  }
  expect(await packyard.get(id)).toMatchObject({ state: 'live', error: null });
  expect(await live()).not.toBe(before);
  return forms;
}

describe('packages', () => {
  let packyard: PromotionSite;
  let otherKey: SigningKey;
  beforeAll(async () => {
    packyard = await PromotionSite.start();
    otherKey = await SigningKey.create(await mkdtemp(join(packyard.site.folder, 'other-key-')));
  });
  afterAll(async () => {
    await otherKey?.close();
    await packyard?.stop();
  });

  const promote = (place: string, publication: string) =>
    promoteWithWrongSignatures(
      packyard,
      place,
      {
        right: (file, form) => packyard.signer(place).signatureOver(file, form),
        other: (file, form) => packyard.signer(place).signatureOver(file, form, otherKey),
      },
      () => readlink(join(packyard.site.tree.folder, publication)),
    );

  it('of RPM are live once each header and repomd.xml have the right signature, and no other', async () => {
    await packyard.stageRpm('first', '1');
    await packyard.mustPromote(RPM);
    await packyard.stageRpm('second', '1');
    expect(await promote(RPM, 'rpm/core/2025/el9-x86_64')).toEqual(['rpm-header', 'detached']);
  });

  it('of DEB are live once InRelease and Release.gpg are the right signatures, and no other', async () => {
    await packyard.stageDeb('first', '1');
    await packyard.mustPromote(DEB);
    await packyard.stageDeb('second', '1');
    expect((await promote(DEB, 'deb/core/2025')).sort()).toEqual(['clearsigned', 'detached']);
  });
});

describe('an image', () => {
  let site: ImageSite;
  beforeAll(async () => {
    site = await ImageSite.start();
  }, buildTimeout);
  afterAll(() => site?.stop());

  const signBy =
    ({ folder, password }: CosignKeys): Sign =>
    async (file) => {
      const options = ['--key', join(folder, 'cosign.key'), '--tlog-upload=false', '--yes'];
      const env = { COSIGN_PASSWORD: password, HOME: folder };
      const cosign = await builtTool('cosign');
      return Buffer.from(await mustRun(cosign, ['sign-blob', ...options, file], { env }), 'base64');
    };

  it('is live once all its names have the right signature, and no other', async () => {
    await site.stageImage('1.0.0');
    await site.mustPromote();
    await site.stageImage('1.1.0');
    const right = signBy(site.keys);
    const other = signBy(await makeCosignKeys(site.folder));
    const forms = await promoteWithWrongSignatures(site.packyard, IMAGES, { right, other }, () =>
      site.digest('2025'),
    );
    // The index and two platforms, each by three names.
    expect(forms).toEqual(Array(9).fill('cosign'));
  }, 180_000);
});
