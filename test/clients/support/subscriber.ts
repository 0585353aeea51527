import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Machine } from './machine.js';
import { type TerminalOptions, traceFile } from './terminal.js';

/** A key as it looks, and that nobody ever made. */
export function unknownKey(): string {
  return Array.from({ length: 64 }, () => randomInt(16).toString(16)).join('');
}

/** As it is asked, and not as it stands in the text itself, which the screen shows too. */
export const question = /(?<!")Subscriber key for \S+ \(not shown\): (?!")/;

/** Somebody with a machine, a text and a key. */
export class Subscriber {
  private constructor(readonly machine: Machine) {}

  static async start(parent: string): Promise<Subscriber> {
    const machine = await Machine.start(parent);
    for (const state of ['on', 'off']) {
      await machine.write(`/inputrc-${state}`, `set enable-bracketed-paste ${state}\n`);
    }
    await machine.write(traceFile, '', 0o666);
    return new Subscriber(machine);
  }

  /**
   * Pastes the text into a shell and answers its question with the key.
   *
   * @param prompt the question
   * @returns what the screen showed, to the end
   */
  async paste(
    text: string,
    key: string,
    { prompt = question, ...options }: TerminalOptions & { prompt?: RegExp } = {},
  ): Promise<string> {
    const terminal = await this.machine.terminal(options);
    terminal.paste(text);
    await terminal.see(prompt);
    await terminal.answerSecretly(key);
    await terminal.prompt();
    await terminal.close();
    return terminal.screen;
  }

  /** The same for a text that is to end before it asks anything. */
  async pasteOnly(text: string, options: TerminalOptions = {}): Promise<string> {
    const terminal = await this.machine.terminal(options);
    terminal.paste(text);
    await terminal.prompt();
    await terminal.close();
    return terminal.screen;
  }

  /** Pastes the text, and answers with a key that is refused: in these words, and no file is touched. */
  async expectRefusal(
    text: string,
    key: string,
    words: string,
    options: TerminalOptions = {},
  ): Promise<void> {
    const before = await this.machine.changedFiles();
    const screen = await this.paste(text, key, options);
    expect(screen).toContain(words);
    expect(screen).toContain('\nNothing was changed.');
    expect(screen).not.toContain(key);
    expect(await this.machine.changedFiles()).toEqual(before);
    await this.expectKeyOnlyIn(key, []);
  }

  /** That the key was in no argument and no environment of a program, and in no file but these (`/path 0600`). */
  async expectKeyOnlyIn(key: string, files: string[]): Promise<void> {
    const started = await this.machine.read(traceFile);
    expect(started).toContain('execve(');
    for (const each of [key, Buffer.from(`subscriber:${key}`).toString('base64')]) {
      expect(started).not.toContain(each);
    }
    expect(await this.machine.filesWith(key)).toEqual(files);
  }

  /** The history that the shell has kept: it has the text, and so was kept at all. */
  history(): Promise<string> {
    return this.machine.read(join('/root', '.shell_history'));
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}
