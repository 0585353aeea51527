import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';

/** What subscribers type: PUBLIC_URL, else the gateway's address, which is known once it listens. */
@Injectable()
export class PublicUrl {
  private gateway = '';

  constructor(@Inject(SETTINGS) private readonly settings: Pick<Settings, 'publicUrl'>) {}

  /** @param url undefined: this process has no gateway */
  learnGateway(url: string | undefined): void {
    this.gateway = url ?? '';
  }

  /** Without a trailing slash; empty: nobody has said it. */
  get current(): string {
    return this.settings.publicUrl || this.gateway;
  }
}
