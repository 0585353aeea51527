import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { notHeldToScope, startNginx, type RunningNginx } from '../clients/support/nginx.js';
import { expectSuccess, type Ran } from '../clients/support/run.js';
import { installedVersion } from '../clients/support/sample-packages.js';
import { LiveHistory } from './support/live-history.js';
import { DEB, PromotionSite, RPM } from './support/promotion-site.js';

/** Of both formats together: each goes at its own pace. */
const SWITCHES = 200;
const VERSIONS = ['1', '2', '3', '4'];

/**
 * repomd.xml and its signature are two files at fixed paths, asked for one after the other: whoever has one
 * of before a switch and one of after it refuses both, whatever the server does, and gets both the next time.
 */
const TORN =
  /Signature verification failed for file 'repomd.xml'|repomd.xml GPG signature verification error/;
/** Of the transactions: with switches as dense as here, a few can meet that moment. */
const MOST_TORN = 0.1;

let packyard: PromotionSite;
let nginx: RunningNginx;
beforeAll(async () => {
  packyard = await PromotionSite.start();
  nginx = await startNginx(packyard.site.folder, packyard.site.tree.folder, notHeldToScope);
}, 60_000);
afterAll(async () => {
  await nginx?.stop();
  await packyard?.stop();
});

/** A machine on which the sample package is put and removed again and again. */
interface Subscriber {
  readonly folder: string;
  /** Forgets what it knows of the repository, and installs the package. */
  install(): Promise<Ran[]>;
  remove(): Promise<Ran>;
}

async function dnf(server: string): Promise<Subscriber> {
  const root = await packyard.dnf(server);
  return {
    folder: root.folder,
    async install() {
      await rm(join(root.folder, 'var/cache'), { recursive: true, force: true });
      return [await root.dnf('install', 'acme')];
    },
    remove: () => root.dnf('remove', '--cacheonly', 'acme'),
  };
}

async function zypper(server: string): Promise<Subscriber> {
  const root = await packyard.zypper(server);
  // Where nothing else is installed it fails to read the database that a removal leaves.
  expectSuccess(await root.zypper('install', 'base'));
  return {
    folder: root.folder,
    async install() {
      await rm(join(root.folder, 'var/cache'), { recursive: true, force: true });
      return [await root.zypper('install', 'acme')];
    },
    remove: () => root.zypper('--no-refresh', 'remove', 'acme'),
  };
}

async function apt(server: string): Promise<Subscriber> {
  const root = await packyard.apt(server);
  return {
    folder: root.folder,
    async install() {
      // Without --error-on=any apt is content with the lists of last time.
      return [await root.aptGet('update', '--error-on=any'), await root.aptGet('install', 'acme')];
    },
    remove: () => root.aptGet('remove', 'acme'),
  };
}

/** The releases with the versions of the sample package, in their order; the last of them is live. */
async function releasesOf(place: string): Promise<string[]> {
  const stage = (version: string) =>
    place === RPM ? packyard.stageRpm('acme', version) : packyard.stageDeb('acme', version);
  const releases: string[] = [];
  for (const version of VERSIONS) {
    await stage(version);
    releases.push(await packyard.mustPromote(place));
  }
  return releases;
}

async function rollBack(release: string, place: string): Promise<void> {
  const { body } = await packyard.call<{ id: string }>('POST', 'rollbacks', { release });
  expect(await packyard.signer(place).see(body.id)).toMatchObject({ state: 'live', error: null });
}

it('has no client fail a transaction through 200 switches, but to try again where repomd.xml was torn from its signature', async () => {
  const servers = [packyard.site.packyard.gateway, nginx.baseUrl];
  const newest = VERSIONS.at(-1)!;
  const histories = { rpm: new LiveHistory(newest), deb: new LiveHistory(newest) };
  await packyard.stageRpm('base', '1');
  const [rpmReleases, debReleases] = await Promise.all([releasesOf(RPM), releasesOf(DEB)]);
  const [onDnf, onZypper, onApt] = [
    await Promise.all(servers.map(dnf)),
    await Promise.all(servers.map(zypper)),
    await Promise.all(servers.map(apt)),
  ];
  const switched = () => histories.rpm.switches + histories.deb.switches;
  let over = false;

  /** Goes back to one release after the other, until there were enough switches of both formats. */
  const keepSwitching = async (history: LiveHistory, releases: string[], place: string) => {
    for (let n = 0; !over && switched() < SWITCHES; n += 1) {
      const turn = n % releases.length;
      await history.record(VERSIONS[turn]!, () => rollBack(releases[turn]!, place));
    }
  };
  /** Installs and removes, by turns from each server, for as long as anything is switched. */
  const keepInstalling = async (history: LiveHistory, subscribers: readonly Subscriber[]) => {
    const counts = { transactions: 0, withSwitch: 0, torn: 0 };
    while (!over) {
      const subscriber = subscribers[counts.transactions % servers.length]!;
      const startedAt = Date.now();
      let ran = await subscriber.install();
      if (ran.some(({ code, output }) => code !== 0 && TORN.test(output))) {
        counts.torn += 1;
        ran = await subscriber.install();
      }
      ran.forEach(expectSuccess);
      const live = history.versions(startedAt, Date.now());
      expect(live).toContain(await installedVersion(subscriber.folder, 'acme'));
      expectSuccess(await subscriber.remove());
      expect(await installedVersion(subscriber.folder, 'acme')).toBeUndefined();
      counts.transactions += 1;
      if (live.length > 1) counts.withSwitch += 1;
    }
    return counts;
  };
  const whileSwitching = <T>(work: Promise<T>) =>
    work.catch((error: unknown) => {
      over = true;
      throw error;
    });

  const clients = [
    keepInstalling(histories.rpm, onDnf),
    keepInstalling(histories.rpm, onZypper),
    keepInstalling(histories.deb, onApt),
  ].map(whileSwitching);
  const switching = Promise.all([
    keepSwitching(histories.rpm, rpmReleases, RPM),
    keepSwitching(histories.deb, debReleases, DEB),
  ]).finally(() => {
    over = true;
  });
  await Promise.allSettled([switching, ...clients]);
  await switching;
  for (const { transactions, withSwitch, torn } of await Promise.all(clients)) {
    expect(withSwitch).toBeGreaterThan(20);
    expect(torn).toBeLessThanOrEqual(MOST_TORN * transactions);
  }
  expect(switched()).toBeGreaterThanOrEqual(SWITCHES);
}, 600_000);
