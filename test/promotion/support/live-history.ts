/** A version that was live, in milliseconds since the epoch. */
interface Period {
  readonly version: string;
  /** It was not live before. */
  readonly from: number;
  /** It was not live after; Infinity while nothing has followed it. */
  until: number;
}

/** Which version was live when, as far as whoever ordered the switches can know. */
export class LiveHistory {
  private readonly periods: Period[];

  /** @param version that is live now */
  constructor(version: string) {
    this.periods = [{ version, from: 0, until: Infinity }];
  }

  /** @param switching puts a version live; it is so from some moment of this on */
  async record(version: string, switching: () => Promise<void>): Promise<void> {
    const period = { version, from: Date.now(), until: Infinity };
    const before = this.periods.at(-1)!;
    this.periods.push(period);
    await switching();
    before.until = Date.now();
  }

  get switches(): number {
    return this.periods.length - 1;
  }

  /** Every version that may have been live at some moment from one to the other. */
  versions(from: number, until: number): string[] {
    return this.periods
      .filter((period) => period.from <= until && period.until >= from)
      .map(({ version }) => version);
  }
}
