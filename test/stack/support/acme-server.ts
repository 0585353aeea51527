import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtTool } from '../../clients/support/built-tools.js';
import { mustRun } from '../../clients/support/run.js';

/** The name that containers know this machine's ACME server by. */
export const ACME_HOST = 'acme.test';

/**
 * Pebble, Let's Encrypt's own test server, on this machine. It finds every name at 127.0.0.1 and checks
 * TLS-ALPN-01 on port 443 there, as Let's Encrypt does from outside.
 */
export class AcmeServer {
  private constructor(
    /** Of the server's own certificate, for Traefik. */
    readonly caFile: string,
    /** Of the certificates that it issues, for clients. */
    readonly issuerFile: string,
    private readonly processes: readonly ChildProcess[],
  ) {}

  static async start(parent: string): Promise<AcmeServer> {
    const folder = join(parent, 'acme');
    await mkdir(folder);
    const file = (name: string) => join(folder, name);
    await makeCertificate(folder);
    await writeFile(
      file('pebble.json'),
      JSON.stringify({
        pebble: {
          listenAddress: '0.0.0.0:14000', // where the bridge's gateway is, containers reach it
          managementListenAddress: '127.0.0.1:15000',
          certificate: file('cert.pem'),
          privateKey: file('key.pem'),
          httpPort: 5002,
          tlsPort: 443,
          ocspResponderURL: '',
          externalAccountBindingRequired: false,
        },
      }),
    );
    const dns = '127.0.0.1:8053';
    const off = ['-doh', '', '-http01', '', '-https01', '', '-tlsalpn01', ''];
    const processes = [
      await start(folder, 'pebble-challtestsrv', [
        ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', ''],
        ...['-dnsserver', dns, '-management', '127.0.0.1:8055', ...off],
      ]),
      await start(folder, 'pebble', ['-config', file('pebble.json'), '-dnsserver', dns]),
    ];
    const server = new AcmeServer(file('ca.pem'), file('issuer.pem'), processes);
    try {
      await server.fetchIssuer(file('ca.pem'));
    } catch (error) {
      await server.stop();
      throw new Error(await readFile(file('pebble.log'), 'utf8'), { cause: error });
    }
    return server;
  }

  async stop(): Promise<void> {
    for (const child of this.processes) {
      if (child.exitCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }

  private async fetchIssuer(caFile: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const url = 'https://localhost:15000/roots/0';
        const root = await mustRun('curl', ['-sf', '--cacert', caFile, url]);
        await writeFile(this.issuerFile, root);
        return;
      } catch (error) {
        if (attempt === 50) throw error;
        await sleep(100);
      }
    }
  }
}

async function start(folder: string, program: string, args: string[]): Promise<ChildProcess> {
  const tool = join(await builtTool('pebble').then((path) => join(path, '..')), program);
  const log = await open(join(folder, `${program}.log`), 'w');
  const child = spawn(tool, args, {
    env: { PEBBLE_VA_NOSLEEP: '1' },
    stdio: ['ignore', log.fd, log.fd],
  });
  child.once('close', () => void log.close());
  return child;
}

async function makeCertificate(folder: string): Promise<void> {
  const openssl = (args: string) => mustRun('openssl', args.split(' '), { cwd: folder });
  await openssl(
    'req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=ACME-test-CA',
  );
  await openssl(
    `req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=${ACME_HOST}`,
  );
  await writeFile(join(folder, 'names'), `subjectAltName=DNS:${ACME_HOST},DNS:localhost\n`);
  await openssl(
    'x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out cert.pem',
  );
}
