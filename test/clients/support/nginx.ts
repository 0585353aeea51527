import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunningNginx {
  baseUrl: string;
  stop(): Promise<void>;
}

/** Serves nothing outside what X-Packyard-Scope allows, by the path as nginx itself reads it: as production does. */
export const heldToScope = scopeOf(readFileSync('deploy/nginx/packages.conf', 'utf8'));

function scopeOf(configuration: string): string {
  const map = /^ *map "\$http_x_packyard_scope \$uri" \$in_scope \{[^}]*\}/m.exec(configuration);
  if (!map) throw new Error('deploy/nginx/packages.conf has no map of $in_scope');
  return map[0];
}

/** The mistake to compare with: serves whatever is asked for. */
export const notHeldToScope = `
    map "" $in_scope { default 1; }`;

/** A real nginx with a prefix of its own that serves a published tree on loopback. */
export async function startNginx(
  parent: string,
  tree: string,
  scope: string,
): Promise<RunningNginx> {
  const prefix = await mkdtemp(join(parent, 'nginx-'));
  const address = `127.0.0.1:${await freePort()}`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    join(prefix, 'nginx.conf'),
    `daemon off;
master_process off;
pid ${prefix}/nginx.pid;
events {}
http {
    access_log off;
    ${temporary.map((name) => `${name}_temp_path ${prefix}/${name};`).join('\n    ')}
    ${scope}
    server {
      listen ${address};
      root ${tree};
      if ($in_scope = 0) { return 404; }
    }
}
`,
  );
  const errorLog = join(prefix, 'error.log');
  const child = spawn('nginx', ['-p', prefix, '-c', 'nginx.conf', '-e', errorLog], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');

  const deadline = Date.now() + 10_000;
  while (!(await accepts(address))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`nginx did not start\n${await readFile(errorLog, 'utf8')}`);
    }
    await sleep(50);
  }
  return {
    baseUrl: `http://${address}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.once('connect', () => socket.destroy() && resolve(true));
    socket.once('error', () => resolve(false));
  });
}
