import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from './support/stack.js';

interface Inspected {
  Name: string;
  Config: { User: string; Env: string[] };
  HostConfig: {
    Privileged: boolean;
    ReadonlyRootfs: boolean;
    CapAdd: string[] | null;
    CapDrop: string[] | null;
    SecurityOpt: string[] | null;
    Memory: number;
    Init: boolean;
    RestartPolicy: { Name: string };
    LogConfig: { Type: string; Config: Record<string, string> };
  };
  Mounts: { Source: string; Destination: string }[];
}

const GiB = 1024 ** 3;

/** Section 7 to 10 of the deployment document. */
export function deployment(stack: () => Stack): void {
  it('pulls none of our own images, which the machine builds', async () => {
    await stack().compose('pull', 'first-start', 'auth-1', 'auth-2', 'admin', 'backup'); // with no registry to ask
  });

  it('is up with one command', async () => {
    await stack().compose('up', '--detach');
    await stack().settled();
  }, 600_000);

  it('says in the log of traefik which certificate it got', async () => {
    const lines = (await stack().compose('logs', '--no-log-prefix', 'traefik')).split('\n');
    expect(
      lines.filter((line) => line.includes('Server responded with a certificate')),
    ).not.toEqual([]);
  });

  it('has the metrics of auth where the document says, and of traefik on loopback', async () => {
    const ask = `fetch('http://auth:9090/metrics').then((answer) => answer.text()).then(console.log)`;
    const ofAuth = await stack().compose('exec', '-T', 'admin', 'node', '-e', ask);
    expect(ofAuth).toContain('# TYPE packyard_');
    const ofTraefik = await fetch('http://127.0.0.1:9090/metrics');
    expect(await ofTraefik.text()).toContain('# TYPE traefik_');
  });

  it('is found healthy', async () => {
    const { code, output } = await stack().run('bash', 'scripts/health-check.sh');
    expect([code, output]).toEqual([0, output]);
    const lines = output.trim().split('\n');
    expect(lines.at(-1)).toBe('All services healthy');
    expect(lines.slice(0, -1).filter((line) => !line.startsWith('OK: '))).toEqual([]);
    expect(lines.length).toBeGreaterThan(35);
  });

  it('is verified, on the machine and from outside', async () => {
    const local = await stack().run('bash', 'verify.sh');
    expect([local.code, local.output]).toEqual([0, local.output]);
    expect(local.output).toMatch(/=== Results: \d+ passed, 0 failed ===\n$/);
    const { key } = await stack().keys.createKey('core');
    const where = ['--base-url', stack().site, '--test-component', 'core'];
    const remote = await stack().run('bash', 'verify.sh', ...where, '--test-key', key);
    expect([remote.code, remote.output]).toEqual([0, remote.output]);
    expect(remote.output).toMatch(/=== Results: \d+ passed, 0 failed ===\n$/);
  });

  it('has an .env like the example, of four lines', async () => {
    const names = (text: string) => [...text.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    const used = await readFile(join(stack().checkout, '.env'), 'utf8');
    const example = await readFile('.env.example', 'utf8');
    expect(names(example)).toEqual(names(used));
    expect(names(used)).toHaveLength(4);
  });

  it('runs each container with as little as it needs, in 4 GB', async () => {
    const ids = (await stack().compose('ps', '--all', '--quiet')).trim().split('\n');
    const all = JSON.parse(await stack().mustRun('docker', 'inspect', ...ids)) as Inspected[];
    expect(all).toHaveLength(12);
    for (const { Name, Config, HostConfig, Mounts } of all) {
      const first = Name.includes('first-start');
      // Both reach what belongs to the other services' users.
      const capabilities = first
        ? ['CHOWN', 'DAC_OVERRIDE', 'FOWNER']
        : Name.includes('backup')
          ? ['DAC_READ_SEARCH']
          : [];
      const seen = {
        Name,
        root: /^(0|root|)(:|$)/.test(Config.User) && Config.User !== 'packyard',
        privileged: HostConfig.Privileged,
        capabilities: (HostConfig.CapAdd ?? []).map((name) => name.replace('CAP_', '')),
        dropped: HostConfig.CapDrop,
        security: HostConfig.SecurityOpt,
        readOnly: HostConfig.ReadonlyRootfs,
        init: HostConfig.Init,
        restart: HostConfig.RestartPolicy.Name,
        log: HostConfig.LogConfig.Config,
        socket: Mounts.some(({ Source }) => Source.includes('docker.sock')),
        limited: HostConfig.Memory > 0,
      };
      expect(seen).toEqual({
        Name,
        root: capabilities.length > 0,
        privileged: false,
        capabilities,
        dropped: ['ALL'],
        security: ['no-new-privileges:true'],
        readOnly: !Name.includes('rustfs'),
        init: true,
        restart: first ? 'no' : 'unless-stopped',
        log: { 'max-file': '5', 'max-size': '10m' },
        socket: false,
        limited: true,
      });
    }
    const limits = all.filter(({ Name }) => !Name.includes('first-start'));
    expect(limits.reduce((sum, { HostConfig }) => sum + HostConfig.Memory, 0)).toBeLessThan(
      3.6 * GiB, // the machine itself needs some
    );
  });

  it('has made passwords that only their reader can read, and that are in no environment', async () => {
    const file = '/secrets/packyard/database-password';
    const about = await stack().compose('exec', '-T', 'auth-1', 'stat', '-c', '%a %u', file);
    expect(about.trim()).toBe('600 10100');
    const password = (await stack().compose('exec', '-T', 'auth-1', 'cat', file)).trim();
    expect(password).toMatch(/^[0-9a-f]{48}$/);
    const ids = (await stack().compose('ps', '--all', '--quiet')).trim().split('\n');
    expect(await stack().mustRun('docker', 'inspect', ...ids)).not.toContain(password);
    const registry = await stack().run(
      'docker',
      ...['compose', 'exec', '-T', 'auth-1', 'ls', '/secrets/admin'],
    );
    expect(registry.code).not.toBe(0);
  });

  it('listens to the world on 443 alone', async () => {
    const ids = (await stack().compose('ps', '--quiet')).trim().split('\n');
    const each =
      '{{range .NetworkSettings.Ports}}{{range .}}{{println .HostIp .HostPort}}{{end}}{{end}}';
    const ports = await stack().mustRun('docker', 'inspect', '--format', each, ...ids);
    expect(new Set(ports.trim().split(/\n+/))).toEqual(
      new Set(['0.0.0.0 443', ':: 443', '127.0.0.1 8088', '127.0.0.1 9000', '127.0.0.1 9090']),
    );
  });

  it('takes requests of no container for the admin API', async () => {
    const ask = `fetch('http://10.213.88.2:8088/api/v1/keys', { signal: AbortSignal.timeout(2000) }).then(({ status }) => console.log(status), () => console.log('none')).then(() => process.exit())`;
    for (const service of ['auth-1', 'auth-2']) {
      expect((await stack().compose('exec', '-T', service, 'node', '-e', ask)).trim()).toBe('none');
    }
    // Not even its own container is an operator.
    expect((await stack().compose('exec', '-T', 'admin', 'node', '-e', ask)).trim()).toBe('403');
  });
}
