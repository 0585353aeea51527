import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../common/logger.js';
import { CatalogueView } from '../components/catalogue-view.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { Logger } from 'pino';
import { ansibleSetup } from './ansible-setup.js';
import { aptSetup } from './apt-setup.js';
import { dnfSetup } from './dnf-setup.js';
import { dockerSetup } from './docker-setup.js';
import {
  type ClientSetup,
  KEY_PLACEHOLDER,
  type KeySetup,
  type SetupComponent,
  type SignedSetupOrder,
} from './key-setup.js';
import { kubernetesSetup } from './kubernetes-setup.js';
import { podmanSetup } from './podman-setup.js';
import { PublicUrl } from './public-url.js';
import { readSigningKey, type SignedBy } from './signing-key.js';
import { siteAddress } from './site-address.js';
import { zypperSetup } from './zypper-setup.js';

/** What to set up: the components of a key, and its secret where it is known. */
export interface SetupRequest {
  readonly components: readonly string[];
  /** Undefined: it was shown earlier, and a placeholder stands for it. */
  readonly secret: string | undefined;
  /** Undefined: of each component the newest, which is the last of its list. */
  readonly series?: string;
}

/** The text that a subscriber pastes to start, for each client that a key is of use to. */
@Injectable()
export class SetupService {
  constructor(
    private readonly view: CatalogueView,
    private readonly publicUrl: PublicUrl,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'publicKeysDir'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Refuses nothing: it is part of the answer that shows a new secret, which must not be lost over it.
   * What cannot be set up is left out, and `notes` says why.
   */
  async for({
    components: names,
    secret = KEY_PLACEHOLDER,
    series,
  }: SetupRequest): Promise<KeySetup> {
    const site = siteAddress(this.publicUrl.current);
    const notes: string[] = [];
    if (this.publicUrl.current === '') {
      notes.push(
        'Nobody has said where subscribers come in: set PUBLIC_URL, and <HOST> is replaced.',
      );
    }
    const components = this.componentsOf(names, series, notes);
    const signingKey = await this.signingKeyAt(`${site.url}/gpg/lts.asc`, notes);
    const order = { site, secret };

    const rpm = components.filter(hasRpm);
    const deb = components.filter(hasDeb);
    const oci = components.filter(hasOci);
    const clients: ClientSetup[] = [];
    if (signingKey) {
      const signed: SignedSetupOrder = { ...order, signingKey };
      if (rpm.length > 0) clients.push(dnfSetup(signed, rpm));
      if (deb.length > 0) clients.push(aptSetup(signed, deb));
      if (rpm.length > 0) clients.push(zypperSetup(signed, rpm));
      if (rpm.length + deb.length > 0) clients.push(ansibleSetup(signed, components));
    }
    if (oci.length > 0) {
      clients.push(dockerSetup(order, oci), podmanSetup(order, oci), kubernetesSetup(order, oci));
    }
    return { signingKey, clients, notes };
  }

  private componentsOf(
    names: readonly string[],
    wanted: string | undefined,
    notes: string[],
  ): SetupComponent[] {
    return names.flatMap((name) => {
      const component = this.view.catalogue.component(name);
      const series = component?.series.find((each) => each === wanted);
      if (!component) notes.push(`The catalogue has no component ${name} any more.`);
      else if (wanted !== undefined && series === undefined) {
        notes.push(
          `${name} has no series ${JSON.stringify(wanted)}; it has ${component.series.join(', ')}.`,
        );
      } else return [{ ...component, series: series ?? (component.series.at(-1) as string) }];
      return [];
    });
  }

  private async signingKeyAt(url: string, notes: string[]): Promise<SignedBy | undefined> {
    const file = join(this.settings.publicKeysDir, 'lts.asc');
    try {
      return { url, ...(await readSigningKey(file)) };
    } catch (error) {
      this.logger.error({ err: error, file }, 'the signing key cannot be read');
      notes.push(
        'dnf, apt, zypper and Ansible are left out: the signing key lts.asc in PUBLIC_KEYS_DIR is missing ' +
          'or is no OpenPGP public key, and without it a subscriber could verify nothing.',
      );
      return undefined;
    }
  }
}

function has<F extends 'rpm' | 'deb' | 'oci'>(format: F) {
  return (
    component: SetupComponent,
  ): component is SetupComponent & Required<Pick<SetupComponent, F>> =>
    component[format] !== undefined;
}
const hasRpm = has('rpm');
const hasDeb = has('deb');
const hasOci = has('oci');
