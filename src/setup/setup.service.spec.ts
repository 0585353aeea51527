import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { generateKey } from 'openpgp';
import { createLogger } from '../common/logger.js';
import { Catalogue, type Component } from '../components/catalogue.js';
import {
  COMPONENT_NAME,
  DEB_DISTRIBUTION,
  OCI_REPOSITORY,
  RPM_TARGET,
  SERIES,
} from '../components/catalogue-grammar.js';
import type { CatalogueView } from '../components/catalogue-view.js';
import { type Client, KEY_PLACEHOLDER } from './key-setup.js';
import { PublicUrl } from './public-url.js';
import { setupDto } from './setup.dto.js';
import { SetupService } from './setup.service.js';

const core: Component = {
  name: 'core',
  description: '',
  visibility: 'private',
  series: ['2024', '2025'],
  rpm: { targets: ['el9-x86_64'] },
  deb: { distributions: ['bookworm', 'noble'], architectures: ['amd64'] },
  oci: { repository: 'lts-core', architectures: ['amd64'] },
};
const tools: Component = {
  ...core,
  name: 'tools',
  series: ['2025'],
  deb: undefined,
  oci: undefined,
};

describe('SetupService', () => {
  let folder: string;
  let fingerprint: string;
  let url: PublicUrl;

  function serviceFor(components: Component[], publicKeysDir = folder): SetupService {
    const view = { catalogue: new Catalogue({ components }) } as CatalogueView;
    return new SetupService(view, url, { publicKeysDir }, createLogger('silent'));
  }
  async function fileOf(client: Client, path: string, secret?: string, series?: string) {
    const setup = await serviceFor([core]).for({ components: ['core'], secret, series });
    const { files } = setup.clients.find((each) => each.client === client)!;
    return files.find((each) => each.path === path)!.content;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packyard-setup-'));
    const { publicKey } = await generateKey({ userIDs: { name: 'LTS' }, format: 'object' });
    fingerprint = publicKey.getFingerprint().toUpperCase();
    await writeFile(join(folder, 'lts.asc'), publicKey.armor());
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    url = new PublicUrl({ publicUrl: 'https://pkg.example.org' });
  });

  it('has a text for each client that the formats of the components are for', async () => {
    const service = serviceFor([core, tools]);
    const clientsOf = async (components: string[]) =>
      (await service.for({ components, secret: undefined })).clients.map(({ client }) => client);

    expect(await clientsOf(['tools'])).toEqual(['dnf', 'zypper', 'ansible']);
    expect(await clientsOf(['tools', 'core'])).toEqual([
      ...['dnf', 'apt', 'zypper', 'ansible', 'docker', 'podman', 'kubernetes'],
    ]);
  });

  it('writes a repository for dnf', async () => {
    expect(await fileOf('dnf', '/etc/yum.repos.d/pkg-example-org-core.repo', 'pky_x')).toBe(
      `[pkg-example-org-core]
name=core (pkg.example.org)
baseurl=https://pkg.example.org/rpm/core/2025/el9-x86_64/
username=subscriber
password=pky_x
enabled=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-pkg-example-org
`,
    );
  });

  it('writes a source for apt, and says what has to be chosen', async () => {
    const path = '/etc/apt/sources.list.d/pkg-example-org-core.sources';
    expect(await fileOf('apt', path, undefined, '2024')).toBe(
      `# <DISTRIBUTION> is one of: bookworm noble
Types: deb
URIs: https://pkg.example.org/deb/core/2024/
Suites: <DISTRIBUTION>
Components: main
Architectures: amd64
Signed-By: /etc/apt/keyrings/pkg-example-org.asc
`,
    );
  });

  it('keeps the key for apt apart, with TLS and without', async () => {
    const path = (host: string) => `/etc/apt/auth.conf.d/${host}-core.conf`;
    expect(await fileOf('apt', path('pkg-example-org'))).toBe(
      'machine pkg.example.org/deb/core/ login subscriber password <KEY>\n',
    );
    url = new PublicUrl({ publicUrl: '' });
    url.learnGateway('http://127.0.0.1:8000');
    expect(await fileOf('apt', path('127-0-0-1-8000'), 'pky_x')).toBe(
      'machine http://127.0.0.1:8000/deb/core/ login subscriber password pky_x\n',
    );
  });

  it('writes a repository for zypper that names its credentials', async () => {
    expect(await fileOf('zypper', '/etc/zypp/repos.d/pkg-example-org-core.repo')).toContain(
      '/rpm/core/2025/el9-x86_64/?credentials=pkg-example-org-core\n',
    );
    expect(await fileOf('zypper', '/etc/zypp/credentials.d/pkg-example-org-core')).toBe(
      'username=subscriber\npassword=<KEY>\n',
    );
  });

  it('logs docker in at the host, and Kubernetes at the repository', async () => {
    const config = JSON.parse(await fileOf('docker', '~/.docker/config.json', 'pky_x')) as object;
    const auth = Buffer.from('subscriber:pky_x').toString('base64');
    expect(config).toEqual({ auths: { 'pkg.example.org': { auth } } });
    expect(await fileOf('kubernetes', 'pkg-example-org-pull-secret.yaml')).toContain(
      '"pkg.example.org/oci/lts-core": {',
    );
  });

  it('names the signing key, and where to get it', async () => {
    const dto = setupDto(await serviceFor([core]).for({ components: ['core'], secret: undefined }));

    expect(dto.signing_key).toEqual({
      url: 'https://pkg.example.org/gpg/lts.asc',
      fingerprints: [fingerprint],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(dto.notes).toEqual([]);
  });

  it.each([
    ['is missing', undefined],
    ['is none', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nof this test\n-----END'],
  ])('sets up nothing that could not be verified: the signing key %s', async (_how, content) => {
    const empty = await mkdtemp(join(tmpdir(), 'packyard-setup-'));
    if (content) await writeFile(join(empty, 'lts.asc'), content);

    const setup = await serviceFor([core], empty).for({ components: ['core'], secret: undefined });

    await rm(empty, { recursive: true });
    expect(setup.clients.map(({ client }) => client)).toEqual(['docker', 'podman', 'kubernetes']);
    expect(setupDto(setup).signing_key).toBeNull();
    expect(setup.notes).toEqual([expect.stringContaining('lts.asc')]);
  });

  it('says what it leaves out', async () => {
    url = new PublicUrl({ publicUrl: '' });
    const setup = await serviceFor([core, tools]).for({
      components: ['core', 'tools', 'gone'],
      secret: undefined,
      series: '2024',
    });

    expect(setup.notes).toEqual([
      expect.stringContaining('PUBLIC_URL'),
      'tools has no series "2024"; it has 2025.',
      'The catalogue has no component gone any more.',
    ]);
    expect(setup.clients[0]?.text).toContain('add core 2024 "el9-x86_64"');
    expect(setup.clients[0]?.text).not.toContain('add tools');
  });

  it('makes texts that a shell can read and that hold no secret, whatever the catalogue has', async () => {
    const list = (pattern: RegExp) => fc.array(matching(pattern), { minLength: 1, maxLength: 3 });
    const component = fc.record({
      name: matching(COMPONENT_NAME.pattern),
      description: fc.string(),
      visibility: fc.constant('private' as const),
      series: list(SERIES.pattern),
      rpm: fc.record({ targets: list(RPM_TARGET.pattern) }),
      deb: fc.record({
        distributions: list(DEB_DISTRIBUTION.pattern),
        architectures: fc.constant(['amd64']),
      }),
      oci: fc.record({
        repository: matching(OCI_REPOSITORY.pattern),
        architectures: fc.constant(['amd64']),
      }),
    });
    await fc.assert(
      fc.asyncProperty(component, async (each) => {
        const { clients } = await serviceFor([each]).for({
          components: [each.name],
          secret: 'pky_secret',
        });
        expect(clients).toHaveLength(7);
        for (const { text, files } of clients) {
          execFileSync('sh', ['-n'], { input: text });
          const script = /^sh -c '\n([^']*)'\n$/.exec(text)?.[1];
          if (script !== undefined) execFileSync('sh', ['-n'], { input: script });
          expect(text).not.toContain('pky_secret');
          for (const { content } of files) expect(content).not.toContain(KEY_PLACEHOLDER);
        }
      }),
      { numRuns: 20 },
    );
  });
});

/** fast-check knows no lookahead: what that asks for is looked at afterwards. */
function matching(pattern: RegExp): fc.Arbitrary<string> {
  const withoutLookahead = new RegExp(pattern.source.replace(/\(\?=[^)]*\)/, ''));
  return fc.stringMatching(withoutLookahead).filter((text) => pattern.test(text));
}
