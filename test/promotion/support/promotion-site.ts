import { join } from 'node:path';
import { AdminApi } from '../../clients/support/admin-api.js';
import { AptRoot } from '../../clients/support/apt-root.js';
import { DnfRoot } from '../../clients/support/dnf-root.js';
import { buildDeb, buildRpm } from '../../clients/support/sample-packages.js';
import { startSite, type Site } from '../../clients/support/site.js';
import { ZypperRoot } from '../../clients/support/zypper-root.js';
import { stageFile } from './stage-file.js';
import { type Promotion, WillingSigner } from './willing-signer.js';

export const RPM = 'core/2025/rpm/el9-x86_64';
export const DEB = 'core/2025/deb/bookworm-all';

export interface Answer<T = Record<string, unknown>> {
  status: number;
  body: T;
}

export interface Release {
  id: string;
  live: boolean;
  kept: boolean;
  kind: string;
  packages: { name: string; version: string; path: string; target: string }[];
}

/** A Packyard with a staging folder and a signing key, driven as CI and an operator do. */
export class PromotionSite {
  private constructor(
    readonly site: Site,
    readonly stagingFolder: string,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<PromotionSite> {
    const site = await startSite(settings);
    return new PromotionSite(site, join(site.folder, 'data/staging'));
  }

  stop(): Promise<void> {
    return this.site.stop();
  }

  /** The same, driven through a second process. That is stopped with the first one. */
  async startAnother(): Promise<PromotionSite> {
    const packyard = await this.site.startAnother();
    const admin = new AdminApi(packyard.admin);
    return new PromotionSite({ ...this.site, packyard, admin }, this.stagingFolder);
  }

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: object,
  ): Promise<Answer<T>> {
    const answer = await fetch(`${this.site.packyard.admin}/api/v1/${path}`, {
      method,
      ...(body && {
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as T };
  }

  /** The file, and then its checksum. @param place `core/2025/rpm/el9-x86_64` */
  async stage(place: string, file: string): Promise<void> {
    await stageFile(join(this.stagingFolder, place), file);
  }

  async stageRpm(name: string, version: string, place = RPM): Promise<void> {
    await this.stage(place, await buildRpm(this.site.folder, { name, version }));
  }

  async stageDeb(name: string, version: string, place = DEB): Promise<void> {
    await this.stage(place, await buildDeb(this.site.folder, { name, version }));
  }

  /** Orders a promotion, and answers its id. */
  async order(place: string): Promise<string> {
    const [component, series, format, target] = place.split('/');
    const { status, body } = await this.call<Promotion>('POST', 'promotions', {
      ...{ component, series, format, target },
    });
    if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body.id;
  }

  signer(place: string): WillingSigner {
    return new WillingSigner(this.site, join(this.stagingFolder, place));
  }

  /** Orders a promotion, signs what it asks for, and answers what became of it. */
  async promote(place: string): Promise<Promotion> {
    return this.signer(place).see(await this.order(place));
  }

  async mustPromote(place: string): Promise<string> {
    const promotion = await this.promote(place);
    if (promotion.state !== 'live') {
      const log = this.site.packyard.logs.filter(({ level }) => level === 'error');
      throw new Error(`${JSON.stringify(promotion)}\n${JSON.stringify(log)}`);
    }
    return promotion.release as string;
  }

  async get(id: string): Promise<Promotion> {
    return (await this.call<Promotion>('GET', `promotions/${id}`)).body;
  }

  async releases(query = ''): Promise<Release[]> {
    return (await this.call<Release[]>('GET', `releases?${query}`)).body;
  }

  /**
   * An Enterprise Linux that is set up for the core component.
   * @param server of the published tree
   */
  async dnf(server = this.site.packyard.gateway): Promise<DnfRoot> {
    const { key } = await this.site.admin.createKey('core');
    const root = await DnfRoot.create(this.site.folder);
    await root.writeRepository(`[lts]
name=LTS
baseurl=${server}/rpm/core/2025/el9-x86_64/
username=subscriber
password=${key}
enabled=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=${this.site.packyard.gateway}/gpg/lts.asc
`);
    return root;
  }

  /**
   * A SUSE Linux that is set up for the core component.
   * @param server of the published tree
   */
  async zypper(server = this.site.packyard.gateway): Promise<ZypperRoot> {
    const { key } = await this.site.admin.createKey('core');
    const root = await ZypperRoot.create(this.site.folder);
    await root.write('etc/zypp/credentials.d/lts', `username=subscriber\npassword=${key}\n`);
    await root.write(
      'etc/zypp/repos.d/lts.repo',
      `[lts]
name=LTS
baseurl=${server}/rpm/core/2025/el9-x86_64?credentials=lts
enabled=1
autorefresh=1
gpgcheck=1
repo_gpgcheck=1
pkg_gpgcheck=1
gpgkey=${this.site.packyard.gateway}/gpg/lts.asc
`,
    );
    return root;
  }

  /**
   * A Debian that is set up for the core component.
   * @param server of the published tree
   */
  async apt(server = this.site.packyard.gateway): Promise<AptRoot> {
    const { key } = await this.site.admin.createKey('core');
    const root = await AptRoot.create(this.site.folder);
    await root.write('etc/apt/keyrings/lts.asc', await this.site.signingKey.publicKey());
    await root.write(
      'etc/apt/auth.conf.d/lts.conf',
      `machine http://${new URL(server).host}/deb/ login subscriber password ${key}\n`,
    );
    await root.write(
      'etc/apt/sources.list.d/lts.sources',
      `Types: deb
URIs: ${server}/deb/core/2025/
Suites: bookworm
Components: main
Signed-By: ${root.folder}/etc/apt/keyrings/lts.asc
`,
    );
    return root;
  }
}
