import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AdminApi } from '../../clients/support/admin-api.js';
import { expectSuccess, mustRun, type Ran, run } from '../../clients/support/run.js';
import { SigningKey } from '../../clients/support/signing-key.js';
import { ACME_HOST, AcmeServer } from './acme-server.js';
import { Ci } from './ci.js';
import { OTHER_HOST } from './other-host.js';
import { rawHttps } from './raw-https.js';

export const DOMAIN = 'pkg.example.org';
const HOSTS = `127.0.0.1 localhost ${DOMAIN}\n`;
const machine = process.env as Record<string, string>; // Go's caches, the mirror's certificates

const PUBLIC_COMPONENT = `
  - name: community
    description: For everybody
    visibility: public
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
`;

/**
 * The stack of docker-compose.yml on this machine, set up as section 7 of the deployment document says: in
 * a folder like a fresh clone's, with an .env of four lines. Only the certificates are Pebble's.
 */
export class Stack {
  readonly admin = 'http://127.0.0.1:8088';
  readonly keys = new AdminApi(this.admin);
  readonly site = `https://${DOMAIN}`;
  /** A subscriber's /etc/hosts. */
  readonly hosts = HOSTS;

  private constructor(
    /** Where the operator cloned to. */
    readonly folder: string,
    readonly checkout: string,
    private readonly env: Record<string, string>,
    readonly ci: Ci,
    private readonly acme: AcmeServer,
    private readonly signingKey: SigningKey,
    private readonly ownEngine: number | undefined,
    /** PEM of whom subscribers have to believe: in production, everybody does already. */
    readonly issuer: string,
  ) {}

  static async start(): Promise<Stack> {
    if (process.getuid?.() !== 0) {
      throw new Error('The stack needs root, and what scripts/ci/install-stack-tools.sh installs.');
    }
    const folder = await mkdtemp(join(tmpdir(), 'packyard-stack-'));
    const { engine, ownEngine } = await startEngine();
    const acme = await AcmeServer.start(folder);
    const signingKey = await SigningKey.create(folder);

    const checkout = join(folder, 'packyard');
    await mkdir(checkout);
    await mustRun('bash', ['-c', COPY_CHECKOUT, 'copy', checkout]);
    await appendFile(join(checkout, 'config/packyard.yml'), PUBLIC_COMPONENT);
    await mkdir(join(checkout, 'static/content/gpg'), { recursive: true });
    const key = (name: string) => join(checkout, 'static/content/gpg', name);
    await writeFile(key('lts.asc'), await signingKey.publicKey());

    const staging = {
      RUSTFS_ACCESS_KEY: randomBytes(20).toString('hex'),
      RUSTFS_SECRET_KEY: randomBytes(20).toString('hex'),
    };
    await writeFile(
      join(checkout, '.env'),
      `ACME_EMAIL=ops@example.org
PKG_DOMAIN=${DOMAIN}
RUSTFS_ACCESS_KEY=${staging.RUSTFS_ACCESS_KEY}
RUSTFS_SECRET_KEY=${staging.RUSTFS_SECRET_KEY}
`,
      { mode: 0o600 },
    );
    // What differs from production: who issues certificates, and whom curl believes.
    await writeFile(
      join(folder, 'acme.yml'),
      `services:
  traefik:
    environment: { LEGO_CA_CERTIFICATES: /acme-ca.pem }
    extra_hosts: ['${ACME_HOST}:host-gateway']
    volumes: ['${acme.caFile}:/acme-ca.pem:ro']
`,
    );
    await writeFile(
      join(folder, '.curlrc'),
      `cacert = ${acme.issuerFile}\nresolve = "${DOMAIN}:443:127.0.0.1"\n`,
    );
    await writeFile(join(folder, 'hosts'), HOSTS);
    const env = {
      ...engine,
      HOME: folder,
      CURL_HOME: folder,
      COMPOSE_FILE: `docker-compose.yml:${join(folder, 'acme.yml')}`,
      ACME_CA_SERVER: `https://${ACME_HOST}:14000/dir`,
      DOCKER_BUILDKIT: '0', // Debian's engine has no other builder
    };
    const ci = await Ci.start(folder, checkout, signingKey, staging);
    await cp(ci.cosignKeyFile, key('cosign.pub'));
    return new Stack(
      folder,
      checkout,
      env,
      ci,
      acme,
      signingKey,
      ownEngine,
      await readFile(acme.issuerFile, 'utf8'),
    );
  }

  get issuerFile(): string {
    return this.acme.issuerFile;
  }

  newFolder(name: string): Promise<string> {
    return mkdtemp(join(this.folder, `${name}-`));
  }

  /** Runs a command in the operator's clone. */
  run(command: string, ...args: string[]): Promise<Ran> {
    return run(command, args, { cwd: this.checkout, env: this.env });
  }

  async mustRun(command: string, ...args: string[]): Promise<string> {
    const ran = await this.run(command, ...args);
    expectSuccess(ran);
    return ran.stdout;
  }

  compose(...args: string[]): Promise<string> {
    return this.mustRun('docker', 'compose', ...args);
  }

  /** Before a command that has no option for it: finds the site's name at this machine, for that command alone. */
  get knowingTheName(): string[] {
    const hosts = join(this.folder, 'hosts');
    const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
    return ['unshare', '--mount', 'sh', '-c', script, hosts];
  }

  /** Until every container that has a health check is healthy, and Traefik has its certificate. */
  async settled(): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const ran = await this.run('bash', 'scripts/health-check.sh');
      if (ran.code === 0) return;
      if (Date.now() > deadline) {
        const { output } = await this.run('docker', 'compose', 'logs', '--tail', '20');
        throw new Error(`${ran.output}\n${output}`);
      }
      await new Promise((done) => setTimeout(done, 1_000));
    }
  }

  /** `docker kill`, `start`, `pause`… of services' containers: unlike compose's own, in a moment. */
  docker(verb: string, ...services: string[]): Promise<string> {
    return this.mustRun('docker', verb, ...services.map((service) => `packyard-${service}-1`));
  }

  /** Starts again what was stopped, killed or paused. */
  async mend(): Promise<void> {
    const listed = await this.mustRun(
      'docker',
      'ps',
      '--all',
      '--format',
      '{{.Names}} {{.Status}}',
    );
    for (const line of listed.trim().split('\n')) {
      const [, service = '', status = ''] = /^packyard-(.+)-1 (.*)$/.exec(line) ?? [];
      if (status.includes('Paused')) await this.docker('unpause', service);
      if (status.startsWith('Exited') && service !== 'first-start') {
        await this.docker('start', service);
      }
    }
  }

  /** Kills the process of each container, as the kernel does for want of memory: nobody told Docker to stop it. */
  async crash(): Promise<void> {
    for (const pid of await this.inspectRunning('{{.State.Pid}}')) process.kill(pid, 'SIGKILL');
  }

  /** A number that Docker knows of each running container. */
  async inspectRunning(format: string): Promise<number[]> {
    const ids = (await this.compose('ps', '--quiet')).trim().split('\n');
    const numbers = await this.mustRun('docker', 'inspect', '--format', format, ...ids);
    return numbers.trim().split('\n').map(Number);
  }

  /** One GET as a subscriber sends it: its path byte for byte, over TLS, with the certificate checked. */
  get(path: string, key?: string, headers: Record<string, string> = {}, method = 'GET') {
    const authorization = key && {
      Authorization: `Basic ${Buffer.from(`subscriber:${key}`).toString('base64')}`,
    };
    const all = { ...authorization, ...headers };
    return rawHttps(DOMAIN, this.issuer, { method, path, headers: all });
  }

  async statusOf(path: string, key?: string, method?: string): Promise<number> {
    return (await this.get(path, key, {}, method)).status;
  }

  async stop(): Promise<void> {
    try {
      await this.run('docker', 'compose', 'down', '--volumes', '--timeout', '5');
      const made = ['packyard:before', 'packyard:after', OTHER_HOST];
      await this.run('docker', 'image', 'rm', '--force', ...made);
      await this.run('docker', 'image', 'prune', '--force'); // what was built anew under the same name
    } finally {
      await this.acme.stop();
      await this.signingKey.close();
      if (this.ownEngine) process.kill(this.ownEngine, 'SIGTERM');
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

/** What git knows of, and what it would: the folder that a clone of this commit would be. */
const COPY_CHECKOUT = `set -o pipefail
git ls-files -z --cached --others --exclude-standard |
  tar --create --null --files-from - --ignore-failed-read | tar --extract --directory "$1"`;

/** The engine that scripts/ci/start-docker.sh finds or starts, with the images that production names. */
async function startEngine() {
  const running = (await run('test', ['-S', '/run/packyard-docker/docker.sock'])).code === 0;
  const told = await mustRun('scripts/ci/start-docker.sh', [], { env: machine });
  const value = (name: string) => new RegExp(`^export ${name}=(.*)$`, 'm').exec(told)?.[1] ?? '';
  const engine = { DOCKER_HOST: value('DOCKER_HOST'), DOCKER_CONFIG: value('DOCKER_CONFIG') };
  const pid = Number(value('PACKYARD_DOCKER_PID'));
  await mustRun(resolve('scripts/ci/make-stand-ins.sh'), [], { env: { ...machine, ...engine } });
  return { engine, ownEngine: running ? undefined : pid };
}
