/**
 * Preloaded into a process (`node --require`): its wall clock, and that alone, follows an offset in
 * milliseconds that the file in STEPPABLE_CLOCK_FILE holds. It stands in for an operator or NTP
 * setting the machine's clock, which a test may not do.
 */
const { readFileSync, watchFile } = require('node:fs');

const file = process.env.STEPPABLE_CLOCK_FILE;
const RealDate = Date;
let offset = 0;

const read = () => {
  offset = Number(readFileSync(file, 'utf8'));
};
read();
watchFile(file, { interval: 20, persistent: false }, read);

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length > 0) super(...args);
    else super(RealDate.now() + offset);
  }

  static now() {
    return RealDate.now() + offset;
  }
};
