import type { ToldPromotion } from './promotion-api.js';
import { SigningRefused } from './signing-refused.js';

/** The base of a promotion: the server names it, once. */
export class OneBase<T extends { readonly digest: string }> {
  private named: string | null | undefined;
  private verified: Promise<T | undefined> | undefined;

  /**
   * @param read the signed metadata of a release; undefined where it has none of this
   * @param expected its digest, or `none`, where the command line has it
   */
  constructor(
    private readonly of: string,
    private readonly read: (release: string) => Promise<T | undefined>,
    private readonly expected: string | undefined,
    private readonly onRead: (release: string | null, base: T | undefined) => void,
  ) {}

  /** @throws SigningRefused where it is another than before, or another than was expected */
  async in({ base }: ToldPromotion): Promise<T | undefined> {
    if (this.named === undefined) this.named = base;
    if (this.named !== base) {
      throw new SigningRefused(
        `The server has named ${this.named ?? 'no release'} as the base of this promotion, and names ${base ?? 'none'} now.`,
      );
    }
    this.verified ??= this.readChecked(base).catch((error: unknown) => {
      this.verified = undefined; // the server may have been away
      throw error;
    });
    return this.verified;
  }

  private async readChecked(release: string | null): Promise<T | undefined> {
    const base = release === null ? undefined : await this.read(release);
    const digest = base?.digest ?? 'none';
    this.onRead(release, base);
    if (this.expected !== undefined && this.expected.toLowerCase() !== digest) {
      throw new SigningRefused(
        `The base of ${this.of} that the server names is ${digest}, and --base names ${this.expected}.`,
      );
    }
    return base;
  }
}
