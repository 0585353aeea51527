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
import type { SignerOrder } from '../signer/promotion-api.js';
import { PromotionSigner } from '../signer/promotion-signer.js';
import { RpmSigner } from '../signer/rpm/rpm-signer.js';
import { SigningRefused } from '../signer/signing-refused.js';
import { StagedFiles } from '../signer/staged-files.js';
import { type DevelopmentKeys, ensureDevelopmentKeys } from '../signing/development-keys.js';
import { developmentKeysFolder } from '../signing/public-keys.js';
import { PrimaryKeys } from '../signing/primary-keys.js';
import type { StagingStore } from '../staging/staging-store.js';
import { LocalPromotionApi } from './local-promotion-api.js';
import type { Promotion } from './promotion.js';
import type { PromotionStore } from './promotion.store.js';
import type { PromotionsService } from './promotions.service.js';
import { isSignedHere } from './signed-here.js';
import type { SigningService } from './signing.service.js';

/** Milliseconds between two looks for what waits for a signature. */
const INTERVAL = 500;

/** What the signer of this process works with. */
export interface LocalSignerParts {
  readonly promotions: PromotionsService;
  readonly store: PromotionStore;
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
  private looking: Promise<void> | undefined;

  constructor(
    private readonly parts: LocalSignerParts,
    private readonly settings: Settings,
  ) {}

  /** Where there are no development keys, it does nothing. */
  start(): void {
    if (!isSignedHere(this.settings)) return;
    this.timer = setInterval(() => this.look(), INTERVAL);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    this.stopping.abort();
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
    const { promotions, signing, staging, components } = this.parts;
    const order = orderOf(promotion);
    const keys = await ensureDevelopmentKeys(developmentKeysFolder(this.settings.dataDir));
    const publicKey = await readFile(join(keys.publicFolder, 'lts.asc'), 'utf8');
    const folder = await makePrivateFolder(tmpdir());
    try {
      const keyring = await openKeyring(keys, publicKey);
      try {
        const api = new LocalPromotionApi(promotions, signing);
        const copies = join(folder.path, 'staged');
        const signer = signerOf(promotion, {
          ...{ api, order, keyring, publicKey, workFolder: folder.path },
          ...(order.kind === 'promotion' && {
            staged: new StagedFiles(staging, order.destination, copies),
          }),
          architectures:
            components.catalogue.component(promotion.component)?.deb?.architectures ?? [],
          onBase: () => undefined,
          onRestored: () => undefined,
        });
        await new PromotionSigner(api, order, signer).follow(promotion.id, this.stopping.signal);
      } finally {
        await keyring.close();
      }
    } finally {
      await folder.remove();
    }
  }

  /** The promotion says why it was given up. */
  private async refuse(id: string, error: unknown): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const isForPeople = error instanceof SigningRefused || error instanceof DomainError;
    if (!isForPeople) throw error;
    const { store, promotions, logger } = this.parts;
    logger.warn({ promotion: id, reason: error.message }, 'not signed');
    await store.warn(id, `It was not signed. ${error.message}`);
    await new LocalPromotionApi(promotions, this.parts.signing).cancel(id);
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
      return { kind, destination };
    case 'rollback':
      return { kind, destination, release };
    case 'withdrawal': {
      const { packages = [], now = false } = request;
      const place = { component, series, format, ...(format === 'rpm' && { target }) };
      return { kind, destination: place, release, packages, now };
    }
  }
}

function signerOf({ format }: Promotion, given: SigningCase): FormatSigner {
  return format === 'deb' ? new DebSigner(given) : new RpmSigner(given);
}
