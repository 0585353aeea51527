/** Which key a request was let through by: its number in a table that knows the ids of all its keys. */
export interface CountedKey {
  readonly index: number;
  readonly names: KeyNames;
}

export interface KeyNames {
  idOf(index: number): string;
}

/** Requests that one key made to one component in one format on one day. */
export interface KeyUsage {
  readonly keyId: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly component: string;
  readonly format: string;
  readonly requests: number;
  /** To within the interval at which counts are closed. */
  readonly lastUsedAt: Date;
}

/** By component, then by format: how often each key was let through. */
type OpenCounts = Map<string, Map<string, Map<number, number>>>;

/**
 * Counts by key, in memory. A request costs two look-ups; ids, days and rows are made when the counts
 * are closed. However many keys are used while nothing can be written, the memory this takes is bounded:
 * what would make one row too many is counted as dropped.
 */
export class UsageCounter {
  private names: KeyNames | undefined;
  private open: OpenCounts = new Map();
  private openRows = 0;
  private readonly closed = new Map<string, KeyUsage>();
  private droppedRequests = 0;

  /** @param limit how many rows may be open, and how many closed */
  constructor(private readonly limit = 250_000) {}

  /** Requests that were let through and not counted by key, because too much waits to be written. */
  get dropped(): number {
    return this.droppedRequests;
  }

  /** How many rows wait to be written. */
  get waiting(): number {
    return this.openRows + this.closed.size;
  }

  /** @param now milliseconds since the epoch */
  count({ index, names }: CountedKey, component: string, format: string, now: number): void {
    if (names !== this.names) {
      // The keys were loaded anew, and have other numbers now.
      this.close(new Date(now));
      this.names = names;
    }

    const byKey = this.open.get(component)?.get(format) ?? this.begin(component, format);
    const count = byKey.get(index);
    if (count === undefined && !this.hasRoom()) return;
    byKey.set(index, (count ?? 0) + 1);
  }

  /** Ends an interval: what was counted in it belongs to the day of `now`. */
  close(now: Date): void {
    const day = now.toISOString().slice(0, 10);
    for (const [component, byFormat] of this.open) {
      for (const [format, byKey] of byFormat) {
        for (const [index, requests] of byKey) {
          const keyId = (this.names as KeyNames).idOf(index);
          this.add({ keyId, day, component, format, requests, lastUsedAt: now });
        }
      }
    }
    this.open = new Map();
    this.openRows = 0;
  }

  /** Hands over what was closed, to be written: so many rows at most. */
  take(most: number): KeyUsage[] {
    const taken: KeyUsage[] = [];
    for (const [row, usage] of this.closed) {
      if (taken.length === most) break;
      taken.push(usage);
      this.closed.delete(row);
    }
    return taken;
  }

  private begin(component: string, format: string): Map<number, number> {
    const byKey = new Map<number, number>();
    const byFormat = this.open.get(component) ?? new Map<string, Map<number, number>>();
    this.open.set(component, byFormat.set(format, byKey));
    return byKey;
  }

  private hasRoom(): boolean {
    if (this.openRows < this.limit) {
      this.openRows++;
      return true;
    }
    this.droppedRequests++;
    return false;
  }

  private add(usage: KeyUsage): void {
    const row = `${usage.keyId} ${usage.day} ${usage.component} ${usage.format}`;
    const before = this.closed.get(row);
    if (!before && this.closed.size >= this.limit) {
      this.droppedRequests += usage.requests;
      return;
    }
    this.closed.set(row, { ...usage, requests: usage.requests + (before?.requests ?? 0) });
  }
}
