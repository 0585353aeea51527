/** The wall clock, so that a test can set it. Ages are measured on `performance.now()` instead. */
export abstract class Clock {
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
