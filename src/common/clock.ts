/** The wall clock, so that a test can set it. Ages are measured on `performance.now()` instead. */
export abstract class Clock {
  abstract now(): Date;

  /** The same in milliseconds since the epoch, for where a `Date` a request is one too many. */
  milliseconds(): number {
    return this.now().getTime();
  }
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }

  override milliseconds(): number {
    return Date.now();
  }
}
