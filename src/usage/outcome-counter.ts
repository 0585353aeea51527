/** One way in which requests are answered. */
export interface Outcome {
  readonly status: string;
  readonly reason: string;
  readonly format: string;
}

/** Requests that were answered in one way in one hour. */
export interface OutcomeCount extends Outcome {
  /** When the hour begins. */
  readonly hour: Date;
  readonly requests: number;
}

interface Cell {
  readonly outcome: Outcome;
  total: number;
  closed: number;
}

const HOUR = 3_600_000;

/** Counts every answer. There are few ways to answer, so the memory it takes is small whatever comes. */
export class OutcomeCounter {
  /** By reason, then by format; a reason has one status. */
  private readonly cells = new Map<string, Map<string, Cell>>();
  private closed = new Map<string, OutcomeCount>();

  count(status: string, reason: string, format: string): void {
    const cell = this.cells.get(reason)?.get(format);
    if (cell) cell.total++;
    else this.addCell({ status, reason, format });
  }

  /** Since the process began. */
  *totals(): Generator<Outcome & { total: number }> {
    for (const byFormat of this.cells.values()) {
      for (const { outcome, total } of byFormat.values()) yield { ...outcome, total };
    }
  }

  /** Ends an interval: what was counted in it belongs to the hour of `now`. */
  close(now: Date): void {
    const hour = new Date(Math.floor(now.getTime() / HOUR) * HOUR);
    for (const byFormat of this.cells.values()) {
      for (const cell of byFormat.values()) {
        const requests = cell.total - cell.closed;
        cell.closed = cell.total;
        if (requests > 0) this.add({ ...cell.outcome, hour, requests });
      }
    }
  }

  /** Hands over what was closed, to be written. */
  take(): OutcomeCount[] {
    const counts = [...this.closed.values()];
    this.closed = new Map();
    return counts;
  }

  private addCell(outcome: Outcome): void {
    const byFormat = this.cells.get(outcome.reason) ?? new Map<string, Cell>();
    this.cells.set(outcome.reason, byFormat.set(outcome.format, { outcome, total: 1, closed: 0 }));
  }

  private add(count: OutcomeCount): void {
    const row = `${count.hour.getTime()} ${count.reason} ${count.format}`;
    const before = this.closed.get(row)?.requests ?? 0;
    this.closed.set(row, { ...count, requests: before + count.requests });
  }
}
