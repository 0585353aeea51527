import { gzipSync } from 'node:zlib';
import {
  type DebMetadata,
  debMetadata,
  type Fields,
  packageFields,
  releaseText,
  servedBy,
  withIndexes,
} from '../../../test/support/deb-metadata.js';
import { plainFields } from '../../promotion/deb/plain-fields.js';
import { readDistribution } from '../../promotion/deb/read-distribution.js';
import { parseReleaseFile } from '../../promotion/deb/release-file.js';
import { checkRelease, type ReleaseRequest } from './check-release.js';
import {
  afterPromotion,
  afterRollback,
  afterWithdrawal,
  type ExpectedPackages,
} from './expected-packages.js';
import type { LocalPackage } from './local-package.js';
import type { SignedDistribution } from './signed-distribution.js';

const now = new Date('2026-11-24T12:00:00Z');
const date = 'Tue, 24 Nov 2026 12:00:00 UTC';
const acme = packageFields('acme');
const tool = packageFields('tool', { architecture: 'all' });
const fresh = packageFields('fresh', { version: '1:2.0' });

/** A distribution as `readSignedDistribution` answers it. */
async function signed(metadata: DebMetadata): Promise<SignedDistribution> {
  const { distribution } = metadata;
  const release = parseReleaseFile(Buffer.from(releaseText(metadata)));
  const packages = await readDistribution(distribution, release, servedBy(metadata));
  return { distribution, release, digest: '', packages };
}

/** A package that the signer read itself, whose index entry is this. */
function local(fields: Fields): LocalPackage {
  const lowered = Object.entries(fields).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  return {
    key: `${fields.Package}_${fields.Version}_${fields.Architecture}`,
    architecture: fields.Architecture!,
    sha256: fields.SHA256!,
    fields: plainFields(new Map(lowered)),
  };
}

describe('a Release that is to be signed', () => {
  let base: SignedDistribution;
  let expected: ExpectedPackages;

  beforeAll(async () => {
    base = await signed(debMetadata([acme, tool]));
    expected = afterPromotion(base.packages, [local(fresh)]);
  });

  const check = (metadata: DebMetadata, more: Partial<ReleaseRequest> = {}) =>
    checkRelease({
      release: Buffer.from(releaseText(metadata)),
      fetchFile: servedBy(metadata),
      component: 'core',
      series: '2025',
      distribution: 'bookworm',
      architectures: ['amd64', 'arm64'],
      base,
      expected,
      now,
      ...more,
    });
  const refusal = (metadata: DebMetadata, more: Partial<ReleaseRequest> = {}) =>
    check(metadata, more).then(
      () => 'signed',
      ({ name, message }: Error) => `${name}: ${message}`,
    );
  const next = (packages = [acme, tool, fresh], release: Fields = {}) =>
    debMetadata(packages, { date, release });

  it('is signed when it lists the base and what was promoted', async () => {
    await check(next());
  });

  it('is signed as the first of its distribution', async () => {
    const first = { base: undefined, expected: afterPromotion(new Map(), [local(fresh)]) };
    await check(next([fresh]), first);
    expect(await refusal(next([fresh], { Origin: 'Debian' }), first)).toContain('its origin');
  });

  it('is signed with an architecture that the catalogue has by now', async () => {
    const more = next([acme, tool, fresh], { Architectures: 'amd64 arm64 riscv64' });
    expect(await refusal(more)).toContain('has the architecture riscv64');
    await check(more, { architectures: ['amd64', 'arm64', 'riscv64'] });
  });

  it.each<[string, () => DebMetadata, string]>([
    [
      'a package more',
      () => next([acme, tool, fresh, packageFields('evil')]),
      'lists evil_1.0-1_amd64, which nobody vouches for',
    ],
    ['one less of the base', () => next([tool, fresh]), 'does not list acme_1.0-1_amd64'],
    ['none of the promoted', () => next([acme, tool]), 'does not list fresh_1:2.0_amd64'],
    [
      'other dependencies',
      () => next([{ ...acme, Depends: 'evil' }, tool, fresh]),
      'acme_1.0-1_amd64 with another depends',
    ],
    [
      'a field more',
      () => next([{ ...acme, Essential: 'yes' }, tool, fresh]),
      'with another essential',
    ],
    ['a field less', () => next([acme, tool, { ...fresh, Depends: '' }]), 'with another depends'],
    [
      'another text',
      () => next([acme, tool, { ...fresh, Description: 'Other' }]),
      'with another description',
    ],
    [
      'another file',
      () => next([acme, tool, { ...fresh, SHA256: 'f'.repeat(64) }]),
      'with another sha256',
    ],
    ['another size', () => next([acme, tool, { ...fresh, Size: '1' }]), 'with another size'],
    [
      'a file elsewhere',
      () =>
        next([
          { ...acme, Filename: 'pool/bookworm/main/e/evil/acme_1.0-1_amd64.deb' },
          tool,
          fresh,
        ]),
      'with another filename',
    ],
    [
      'a file of another distribution',
      () =>
        next([{ ...acme, Filename: 'pool/trixie/main/a/acme/acme_1.0-1_amd64.deb' }, tool, fresh]),
      'which is not of bookworm',
    ],
    [
      'a file outside',
      () => next([{ ...acme, Filename: 'pool/bookworm/main/../../../evil.deb' }, tool, fresh]),
      'no path of a package',
    ],
    ['a package twice', () => next([acme, acme, tool, fresh]), 'lists acme_1.0-1_amd64 twice'],
    [
      'one file as two packages',
      () => next([acme, tool, fresh, { ...acme, Version: '9' }]),
      'twice',
    ],
    [
      'another distribution',
      () => debMetadata([acme, tool, fresh], { date, distribution: 'trixie' }),
      'its suite is "trixie" and not "bookworm"',
    ],
    ['another codename', () => next(undefined, { Codename: 'trixie' }), 'its codename'],
    [
      'another component',
      () => next(undefined, { Label: 'minion-2025' }),
      'its label is "minion-2025"',
    ],
    ['another origin', () => next(undefined, { Origin: 'Debian' }), 'its origin is "Debian"'],
    [
      'another apt component',
      () => next(undefined, { Components: 'main contrib' }),
      'its Components',
    ],
    [
      'a date before the base',
      () => next(undefined, { Date: 'Tue, 24 Nov 2026 10:59:59 UTC' }),
      'the base is of',
    ],
    [
      'a date of the future',
      () => next(undefined, { Date: 'Tue, 24 Nov 2026 12:05:01 UTC' }),
      'it is 2026-11-24T12:00:00.000Z now',
    ],
    ['a date that is none', () => next(undefined, { Date: 'tomorrow' }), 'is no date'],
    [
      'an architecture less',
      () => next([acme, tool, fresh], { Architectures: 'amd64' }),
      'lacks the architecture arm64',
    ],
    [
      'an architecture twice',
      () => next(undefined, { Architectures: 'amd64 amd64 arm64' }),
      'an architecture twice',
    ],
    ['Valid-Until', () => next(undefined, { 'Valid-Until': date }), 'has the field valid-until'],
    [
      'Signed-By',
      () => next(undefined, { 'Signed-By': 'A'.repeat(40) }),
      'has the field signed-by',
    ],
    ['NotAutomatic', () => next(undefined, { NotAutomatic: 'yes' }), 'has the field notautomatic'],
    ['a field twice', () => next(undefined, { suite: 'bookworm' }), 'has suite a second time'],
    ['a text of its own', () => next(undefined, { Description: 'Anything' }), 'its Description'],
    [
      'an index more',
      () => withIndexes(next(), { 'main/binary-evil/Packages': Buffer.from('') }),
      'names main/binary-evil/Packages',
    ],
    [
      'a compression more',
      () => withIndexes(next(), { 'main/binary-amd64/Packages.xz': Buffer.from('') }),
      'names main/binary-amd64/Packages.xz',
    ],
    [
      'sources',
      () => withIndexes(next(), { 'main/source/Sources': Buffer.from('') }),
      'names main/source/Sources',
    ],
    [
      'an index less',
      () => withIndexes(next(), { 'main/binary-amd64/Packages.gz': undefined }),
      'lacks main/binary-amd64/Packages.gz',
    ],
    [
      'something else compressed',
      () => withIndexes(next(), { 'main/binary-amd64/Packages.gz': gzipSync('Package: evil\n\n') }),
      'Packages.gz: it holds something else than Packages',
    ],
    [
      'what cannot be unpacked',
      () => withIndexes(next(), { 'main/binary-amd64/Packages.gz': Buffer.from('no') }),
      'cannot be unpacked',
    ],
    [
      'a bomb',
      () =>
        withIndexes(next(), {
          'main/binary-amd64/Packages.gz': gzipSync(Buffer.alloc(50_000_000)),
        }),
      'cannot be unpacked to the size of Packages',
    ],
    [
      '`all` packages for one architecture alone',
      () =>
        withIndexes(next(), {
          'main/binary-arm64/Packages': Buffer.from(''),
          'main/binary-arm64/Packages.gz': gzipSync(''),
        }),
      'tool_1.0-1_all is not listed for arm64',
    ],
    [
      'a package under another architecture',
      () => {
        const amd64 = next().indexes.get('main/binary-amd64/Packages')!;
        return withIndexes(next(), {
          'main/binary-arm64/Packages': amd64,
          'main/binary-arm64/Packages.gz': gzipSync(amd64),
        });
      },
      'is listed for arm64',
    ],
    ['a NUL', () => next([acme, tool, { ...fresh, Depends: 'a\0b' }]), 'a control character'],
    [
      'a carriage return',
      () => next([acme, tool, { ...fresh, Depends: 'a\r' }]),
      'a control character',
    ],
    [
      'a carriage return in Release',
      () => next(undefined, { Label: 'core-2025\r' }),
      'other characters than ASCII',
    ],
    [
      'an end of its stanza',
      () => next(undefined, { Description: 'Generated by aptly\n\nSuite: sid' }),
      'an empty line',
    ],
  ])('is refused with %s', async (_, make, words) => {
    const said = await refusal(make());
    expect(said).toContain('SigningRefused: ');
    expect(said).toContain(words);
  });

  it.each([
    ['an RPM header', Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0])],
    ['repomd.xml', Buffer.from('<?xml version="1.0"?>\n<repomd/>\n')],
    ['nothing', Buffer.alloc(0)],
    ['a message to be clear-signed', Buffer.from('- ----BEGIN PGP MESSAGE-----\n')],
  ])('is refused when it is %s', async (_, release) => {
    expect(await refusal(next(), { release })).toContain('SigningRefused: ');
  });

  it('is refused when the indexes served are others', async () => {
    const other = next([acme, tool, fresh, packageFields('evil')]);
    expect(await refusal(next(), { fetchFile: servedBy(other) })).toMatch(
      /bytes, and Release says/,
    );
  });

  it('is compared with what a rollback restores of one architecture', async () => {
    const older = await signed(debMetadata([packageFields('acme', { version: '0.9' })]));
    const restored = afterRollback(base.packages, older, 'amd64');
    expect([...restored.keys()].sort()).toEqual(['acme_0.9_amd64', 'tool_1.0-1_all']);
    await check(next([packageFields('acme', { version: '0.9' }), tool]), { expected: restored });
    expect(await refusal(next([acme, tool]), { expected: restored })).toContain('lists acme_1.0-1');
  });

  it('is compared with what a withdrawal leaves', async () => {
    const left = afterWithdrawal(base.packages, ['acme_1.0-1_amd64.deb']);
    await check(next([tool]), { expected: left });
    expect(await refusal(next([acme, tool]), { expected: left })).toContain('lists acme_1.0-1');
    expect(() => afterWithdrawal(base.packages, ['b_1_all.deb'])).toThrow('not in the base');
  });

  it('takes no other content under a known name', () => {
    const changed = local({ ...acme, SHA256: 'f'.repeat(64) });
    expect(() => afterPromotion(base.packages, [changed])).toThrow('published with other content');
    expect(afterPromotion(base.packages, [local(acme)]).size).toBe(2);
  });
});
