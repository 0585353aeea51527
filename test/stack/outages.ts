import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.js';
import { MANIFEST, RELEASE, REPOMD } from './promotion.js';
import type { Stack } from './support/stack.js';
import { statusesWhile } from './support/statuses-while.js';

/** What subscribers see while something is down: 200 or 503, and never what nobody decided. */
export function outages(stack: () => Stack): void {
  let key: string;
  let id: string;
  beforeAll(async () => {
    ({ key, id } = await stack().keys.createKey('core'));
  });

  // What a failed test left stopped is not the next one's trouble.
  afterEach(async () => {
    await stack().mend();
    await until(async () => (await seen(everything)).every((status) => status === 200), 60_000);
  }, 180_000);

  const everything = [REPOMD('core'), RELEASE('core'), MANIFEST('core'), '/v2/', '/gpg/lts.asc'];
  /** 0: nobody answers. */
  const seen = (paths: string[]) =>
    Promise.all(
      paths.map((path) =>
        stack()
          .statusOf(path, key)
          .catch(() => 0),
      ),
    );

  const whileDoing = (work: () => Promise<unknown>) =>
    statusesWhile(work, () => stack().statusOf(REPOMD('core'), key));

  it('of one auth process goes unnoticed', async () => {
    const statuses = await whileDoing(async () => {
      await stack().docker('kill', 'auth-1');
      await sleep(3_000);
      await stack().docker('start', 'auth-1');
      await sleep(3_000);
    });
    expect(statuses.length).toBeGreaterThan(100);
    expect(new Set(statuses)).toEqual(new Set([200]));
  }, 120_000);

  it('of all auth processes is 503 for everyone, from the first request on', async () => {
    const statuses = await whileDoing(async () => {
      await stack().docker('kill', 'auth-1', 'auth-2');
      await sleep(3_000);
    });
    expect(new Set([200, 503, ...statuses])).toEqual(new Set([200, 503]));
    expect(statuses.at(-1)).toBe(503);
    expect(await stack().statusOf(REPOMD('core'))).toBe(503);
    expect(await stack().statusOf('/v2/', key)).toBe(503);
    expect(await stack().statusOf('/gpg/lts.asc')).toBe(200);
  }, 180_000);

  it('of an auth process that hangs is at most a slow answer', async () => {
    const statuses = await whileDoing(async () => {
      await stack().docker('pause', 'auth-1');
      await sleep(8_000);
      await stack().docker('unpause', 'auth-1');
    });
    expect(new Set(statuses)).toEqual(new Set([200]));
  }, 120_000);

  it('of both auth processes, which hang, is 503 and never anything else', async () => {
    await stack().docker('pause', 'auth-1', 'auth-2');
    expect(await seen([REPOMD('core'), MANIFEST('core'), '/v2/'])).toEqual([503, 503, 503]);
    expect(await stack().statusOf('/gpg/lts.asc')).toBe(200);
    await stack().docker('unpause', 'auth-1', 'auth-2');
    await until(async () => (await stack().statusOf(REPOMD('core'), key)) === 200);
  }, 120_000);

  it('of the database does not concern subscribers, and keys are made again after it', async () => {
    const statuses = await whileDoing(async () => {
      await stack().docker('stop', 'postgres');
      await sleep(5_000);
      await stack().docker('start', 'postgres');
    });
    expect(new Set(statuses)).toEqual(new Set([200]));
    await stack().settled();
    const made = await stack().keys.createKey('core');
    expect(await stack().statusOf(REPOMD('core'), made.key)).toBe(200);
  }, 180_000);

  it.each<[string, string[]]>([
    ['rpm', [REPOMD('core')]],
    ['deb', [RELEASE('core')]],
    ['zot', [MANIFEST('core')]],
    ['static', ['/v2/', '/gpg/lts.asc']],
    ['admin', []],
    ['postgres', []],
    ['rustfs', []],
    ['backup', []],
    ['traefik', everything],
  ])('of %s is one of %j alone', async (service, concerned) => {
    await stack().docker('kill', service);
    const statuses = await seen(everything);
    for (const [i, path] of everything.entries()) {
      const allowed = !concerned.includes(path)
        ? [200]
        : service === 'traefik'
          ? [0]
          : [502, 503, 504];
      expect([path, allowed]).toEqual([path, expect.arrayContaining([statuses[i]])]);
    }
  });

  it('in which each process dies at once is over by itself', async () => {
    const restarts = () => stack().inspectRunning('{{.RestartCount}}');
    const before = await restarts();
    await stack().crash();
    await stack().settled();
    expect(await restarts()).toEqual(before.map((count) => count + 1));
    expect(await seen(everything)).toEqual(everything.map(() => 200));
  }, 180_000);

  it('for an upgrade of auth, one process after the other, fails no request', async () => {
    const statuses = await whileDoing(async () => {
      for (const service of ['auth-1', 'auth-2']) {
        await stack().compose('up', '--detach', '--no-deps', '--force-recreate', '--wait', service);
        await sleep(2_000); // until Traefik has seen it: its own check runs each second
      }
    });
    expect(statuses.length).toBeGreaterThan(200);
    expect(new Set(statuses)).toEqual(new Set([200]));
  }, 180_000);

  it('of everything loses nothing', async () => {
    const before = (await stack().get(REPOMD('core'), key)).body;
    const revoked = await stack().keys.createKey('core');
    await stack().keys.revokeKey(revoked.id);
    await stack().compose('down');
    await stack().compose('up', '--detach');
    await stack().settled();
    const { status, body } = await stack().get(REPOMD('core'), key);
    expect([status, body]).toEqual([200, before]);
    expect(await stack().statusOf(REPOMD('core'), revoked.key)).toBe(401);
    const kept = await fetch(`${stack().admin}/api/v1/keys/${id}`);
    expect(kept.status).toBe(200);
    await stack().ci.promoteRpm('core', 'acme-core', '2');
  }, 300_000);
}
