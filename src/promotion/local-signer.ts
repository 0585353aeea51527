import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { DomainError } from '../common/domain-error.js';
import type { Settings } from '../config/settings.js';
import type { CatalogueView } from '../components/catalogue-view.js';
import { DebSigner } from '../signer/deb/deb-signer.js';
import type { FormatSigner, SigningCase } from '../signer/format-signer.js';
import { Keyring } from '../signer/keyring.js';
import { makePrivateFolder } from '../signer/private-folder.js';
import { OciSigner } from '../signer/oci/oci-signer.js';
import { readOwnImages, stagedImages } from '../signer/oci/own-images.js';
import { ServerAway, type SignerOrder } from '../signer/promotion-api.js';
import { PromotionSigner, reasonFor } from '../signer/promotion-signer.js';
import { RpmSigner } from '../signer/rpm/rpm-signer.js';
import { SigningRefused } from '../signer/signing-refused.js';
import { StagedFiles } from '../signer/staged-files.js';
import { openCosignKey } from '../signing/cosign-key.js';
import { type DevelopmentKeys, ensureDevelopmentKeys } from '../signing/development-keys.js';
import { developmentKeysFolder } from '../signing/public-keys.js';
import { PrimaryKeys } from '../signing/primary-keys.js';
import type { StagingStore } from '../staging/staging-store.js';
import { LocalPromotionApi } from './local-promotion-api.js';
import type { Promotion } from './promotion.js';
import type { PromotionNews } from './promotion-news.js';
import type { PromotionsService } from './promotions.service.js';
import { isSignedHere } from './signed-here.js';
import type { SigningService } from './signing.service.js';

/** Milliseconds between two looks for what waits for a signature. */
const INTERVAL = 500;

/** What the signer of this process works with. */
export interface LocalSignerParts {
  readonly promotions: PromotionsService;
  readonly news: PromotionNews;
  readonly signing: SigningService;
  readonly staging: StagingStore;
  readonly components: CatalogueView;
  readonly logger: Logger;
}

/**
 * Signs with the development keys what waits for a signature, in the process that asks for it: a first run needs no CI.
 * It is the signer of `bin/packyard promote`, with every check that this makes.
 */
export class LocalSigner {
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe = () => undefined as void;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly parts: LocalSignerParts,
    private readonly settings: Settings,
    /** What subscribers type: it is part of what is signed of an image. */
    private readonly host: () => string,
  ) {}

  /** Where there are no development keys, it does nothing. */
  start(): void {
    if (!isSignedHere(this.settings)) return;
    this.timer = setInterval(() => this.look(), INTERVAL);
    this.unsubscribe = this.parts.news.onState(() => this.look());
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.unsubscribe();
    await this.looking;
    this.stopping.abort(new ServerAway('This process stops.')); // the next one goes on
    await Promise.all(this.running.values());
  }

  private look(): void {
    this.looking ??= this.takeUp()
      .catch((error: unknown) => this.parts.logger.warn({ err: error }, 'cannot look what to sign'))
      .finally(() => (this.looking = undefined));
  }

  private async takeUp(): Promise<void> {
    const { promotions, logger } = this.parts;
    const page = { limit: 50 };
    for (const promotion of await promotions.list({ state: 'awaiting_signatures' }, page)) {
      const { id } = promotion;
      if (this.running.has(id)) continue;
      const signing = this.sign(promotion)
        .catch((error: unknown) => this.refuse(id, error))
        .catch((error: unknown) => logger.error({ promotion: id, err: error }, 'cannot sign'))
        .finally(() => this.running.delete(id));
      this.running.set(id, signing);
    }
  }

  private async sign(promotion: Promotion): Promise<void> {
    const { promotions, signing, news } = this.parts;
    const order = orderOf(promotion);
    const keys = await ensureDevelopmentKeys(developmentKeysFolder(this.settings.dataDir));
    const folder = await makePrivateFolder(tmpdir());
    const api = new LocalPromotionApi(promotions, signing, news);
    const follow = (signer: FormatSigner) =>
      new PromotionSigner(api, order, signer).follow(promotion.id, this.stopping.signal);
    try {
      if (promotion.format === 'oci') {
        await follow(await this.imageSigner(order, keys, folder.path));
        return;
      }
      const publicKey = await readFile(join(keys.publicFolder, 'lts.asc'), 'utf8');
      const keyring = await openKeyring(keys, publicKey);
      try {
        const given = { api, order, keyring, publicKey, workFolder: folder.path };
        await follow(this.packageSigner(promotion, given));
      } finally {
        await keyring.close();
      }
    } finally {
      await folder.remove();
    }
  }

  private packageSigner(
    { format, component }: Promotion,
    given: Pick<SigningCase, 'api' | 'order' | 'keyring' | 'publicKey' | 'workFolder'>,
  ): FormatSigner {
    const { staging, components } = this.parts;
    const { order, workFolder } = given;
    const all: SigningCase = {
      ...given,
      ...(order.kind === 'promotion' && {
        staged: new StagedFiles(staging, order.destination, join(workFolder, 'staged')),
      }),
      architectures: components.catalogue.component(component)?.deb?.architectures ?? [],
      onBase: () => undefined,
      onRestored: () => undefined,
    };
    return format === 'deb' ? new DebSigner(all) : new RpmSigner(all);
  }

  private async imageSigner(
    order: SignerOrder,
    keys: DevelopmentKeys,
    workFolder: string,
  ): Promise<FormatSigner> {
    const { staging, components } = this.parts;
    const component = components.catalogue.component(order.destination.component);
    if (order.kind !== 'promotion' || !component) return new OciSigner(order.kind);
    const images = await readOwnImages(
      stagedImages(
        order.destination,
        component,
        (place) => new StagedFiles(staging, place, join(workFolder, place.target)),
      ),
    );
    const pem = await readFile(keys.cosignKeyFile, 'utf8');
    const key = await openCosignKey(pem, await readFile(keys.cosignPasswordFile, 'utf8'));
    return new OciSigner(order.kind, {
      component,
      images,
      key,
      host: this.host(),
      series: order.destination.series,
    });
  }

  /** The promotion says why it was given up. */
  private async refuse(id: string, error: unknown): Promise<void> {
    if (this.stopping.signal.aborted) return;
    if (error instanceof ServerAway) throw error; // it is taken up again
    const { promotions, signing, news, logger } = this.parts;
    if (error instanceof SigningRefused || error instanceof DomainError) {
      logger.warn({ promotion: id, reason: error.message }, 'not signed');
    } else {
      logger.error({ promotion: id, err: error }, 'not signed');
    }
    await new LocalPromotionApi(promotions, signing, news).cancel(id, reasonFor(error));
  }
}

async function openKeyring(
  { gpgPrivateKeyFile, gpgPassphraseFile, gpgFingerprint: fingerprint }: DevelopmentKeys,
  publicKey: string,
): Promise<Keyring> {
  const privateKey = await readFile(gpgPrivateKeyFile, 'utf8');
  const passphrase = await readFile(gpgPassphraseFile, 'utf8');
  const keys = await PrimaryKeys.parse(publicKey);
  return Keyring.open({ privateKey, fingerprint, passphrase }, keys);
}

function orderOf(promotion: Promotion): SignerOrder {
  const { kind, component, series, format, target, request } = promotion;
  const destination = { component, series, format, target };
  const release = request.release ?? '';
  switch (kind) {
    case 'promotion':
      return { kind, destination, ...(request.keep !== undefined && { keep: request.keep }) };
    case 'rollback':
      return { kind, destination, release };
    case 'withdrawal': {
      const { packages = [], now = false } = request;
      const place = { component, series, format, ...(format === 'rpm' && { target }) };
      return { kind, destination: place, release, packages, now };
    }
  }
}
