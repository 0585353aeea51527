import type { Cli } from '../cli.js';
import { cut } from '../table.js';
import type { ToldEvent } from './promotion-events.js';

/** The steps of a promotion, in the words of a person, in their order. */
const STEPS: Readonly<Record<string, string>> = {
  freeze: 'Freezing the set',
  fetch: 'Fetching',
  inspect: 'Inspecting',
  sign_packages: 'Signing packages',
  build: 'Building the snapshot',
  sign_metadata: 'Signing the metadata',
  verify: 'Verifying all of it',
  switch: 'Switching',
  deliver: 'Delivering',
};
const WIDTH = 24;

/**
 * Shows how a promotion goes: a bar that moves for a person at a terminal, a line a step in a log, each event as a
 * line of JSON for a program.
 */
export class Progress {
  private shown = '';

  constructor(
    private readonly cli: Cli,
    private readonly json: boolean,
  ) {}

  /** @param words for a person; without any it is for programs alone */
  event(type: string, data: object, words?: string): void {
    if (this.json) this.cli.write(JSON.stringify({ type, ...data }));
    else if (words !== undefined) this.say(words);
  }

  /** An event of the server. */
  told({ type, data }: ToldEvent): void {
    this.event(type, data);
    if (this.json) return;
    const step = String(data.step);
    const words = STEPS[step] ?? step;
    const done = Number(data.done);
    const total = Number(data.total);
    if (type === 'step' && data.state === 'started') this.show(this.bar(step, 0, 0), words);
    if (type === 'progress') this.show(this.bar(step, done, total));
    if (type === 'warning') this.say(`Warning: ${String(data.warning)}`);
    if (type === 'state' && data.state === 'queued')
      this.show('Waiting in the queue', 'In the queue');
  }

  /** A line for a person; a bar stays below it. */
  say(text: string): void {
    this.clear();
    this.cli.tell(text);
    this.draw();
  }

  /** Nothing moves any more. */
  end(): void {
    this.clear();
    this.shown = '';
  }

  /** @param line what a log gets in the place of a bar */
  private show(bar: string, line?: string): void {
    if (!this.cli.environment.terminal) {
      if (line !== undefined) this.cli.tell(line);
      return;
    }
    this.clear();
    this.shown = bar;
    this.draw();
  }

  private bar(step: string, done: number, total: number): string {
    // Only images are delivered: it belongs to the switch.
    const names = Object.keys(STEPS).filter((each) => each !== 'deliver');
    const number = names.indexOf(step === 'deliver' ? 'switch' : step) + 1;
    const place = `[${number}/${names.length}] ${STEPS[step] ?? step}`;
    if (!(total > 0)) return place;
    const filled = Math.round((WIDTH * Math.min(done, total)) / total);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    return `${place.padEnd(28)} ${bar} ${done}/${total}`;
  }

  private draw(): void {
    const { terminal } = this.cli.environment;
    if (terminal && this.shown) process.stderr.write(cut(this.shown, terminal.columns - 1));
  }

  private clear(): void {
    if (this.cli.environment.terminal && this.shown) process.stderr.write('\r\x1b[2K');
  }
}
