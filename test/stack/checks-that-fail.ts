import type { Stack } from './support/stack.js';

/** A check that cannot fail is none: each thing they look at is broken. */
export function checksThatFail(stack: () => Stack): void {
  const healthCheck = () => stack().run('bash', 'scripts/health-check.sh');
  const containers = (...services: string[]) => services.map((service) => `packyard-${service}-1`);

  it.each<[string, string[][], string[][], string[]]>([
    [
      'containers that are stopped',
      [['kill', ...containers('static', 'auth-2', 'rustfs', 'zot', 'backup')]],
      [['start', ...containers('static', 'auth-2', 'rustfs', 'zot', 'backup')]],
      [
        'container static is exited',
        'container auth-2 is exited',
        'container rustfs is exited',
        'container zot is exited',
        'container backup is exited',
        'public key /gpg/lts.asc',
        'public key /gpg/cosign.pub',
        'Traefik reaches auth-2',
        'metrics of auth-2',
        'RustFS is healthy',
        'admin reads the staging bucket',
        'Zot lets anyone read',
        'Zot lets nobody write',
      ],
    ],
    [
      'no proxy, no admin, and a database that is gone',
      [
        ['kill', ...containers('traefik', 'admin')],
        ['rm', '--force', ...containers('postgres')],
      ],
      [
        ['compose', 'up', '--detach', 'postgres'],
        ['start', ...containers('traefik', 'admin')],
      ],
      [
        'container traefik is exited',
        'RPM is routed',
        'DEB is routed',
        'OCI is routed',
        'Traefik reaches auth-1',
        'metrics of auth-1',
        'the admin API answers on loopback',
        'the admin API is not on the public name',
        'port 8088 of admin',
        'port 9090 of traefik',
        'container postgres: there is none',
        'auth-1 reaches PostgreSQL',
      ],
    ],
    [
      'networks that are joined',
      [
        ['network', 'connect', 'packyard_database', 'packyard-rpm-1'],
        ['network', 'connect', 'packyard_staging', 'packyard-auth-1-1'],
      ],
      [
        ['network', 'disconnect', 'packyard_database', 'packyard-rpm-1'],
        ['network', 'disconnect', 'packyard_staging', 'packyard-auth-1-1'],
      ],
      ['rpm is on no network but its own', 'auth-1 does not reach rustfs:9000'],
    ],
  ])(
    'the health check finds %s',
    async (_, broken, mended, expected) => {
      for (const command of broken) await stack().mustRun('docker', ...command);
      const { code, output } = await healthCheck();
      for (const command of mended) await stack().mustRun('docker', ...command);
      expect([code, output]).toEqual([1, output]);
      for (const words of expected) expect(output).toContain(`FAIL: ${words}`);
      expect(output).toMatch(/\d+ checks failed\n$/);
    },
    240_000,
  );

  it('the health check finds nothing wrong when it is mended', () => stack().settled(), 180_000);

  it('the verification finds a key that is not what it is said to be', async () => {
    const minion = await stack().keys.createKey('minion');
    const verify = (key: string, ...more: string[]) =>
      stack().run(
        'bash',
        ...['verify.sh', '--base-url', stack().site, '--test-key', key],
        ...['--test-component', 'core', ...more],
      );
    const other = await verify(minion.key);
    expect([other.code, other.output]).toEqual([1, other.output]);
    expect(other.output).toMatch(/^FAIL: the key is let through: \/rpm\/core\//m);
    expect(other.output).toMatch(/=== Results: \d+ passed, [1-9]\d* failed ===\n$/);

    const both = await stack().keys.createKey(['core', 'minion']);
    const wide = await verify(both.key);
    expect([wide.code, wide.output]).toEqual([1, wide.output]);
    expect(wide.output).toMatch(/^FAIL: out of scope is refused: \/rpm\/minion\//m);
    expect(wide.output).toMatch(/^FAIL: headers of its own do not help/m);
  }, 60_000);

  it('the verification finds keys that are not served, and a certificate that is not believed', async () => {
    const { key } = await stack().keys.createKey('core');
    const args = ['verify.sh', '--base-url', stack().site, '--test-key', key];
    await stack().docker('stop', 'static');
    const gone = await stack().run('bash', ...args, '--test-component', 'core');
    await stack().docker('start', 'static');
    expect(gone.code).toBe(1);
    expect(gone.output).toMatch(/^FAIL: the GPG key is public/m);

    const doubt = ['CURL_HOME=/', 'HOME=/', 'bash', ...args, '--test-component', 'core'];
    const doubting = await stack().run('env', ...doubt);
    expect(doubting.code).toBe(1);
    expect(doubting.output).toMatch(/=== Results: 0 passed/);
  }, 240_000);
}
