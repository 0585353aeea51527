import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { checkChain } from './check-chain.js';
import { EntryAssembly, parseLine, type JournalEntry } from './journal-entry.js';

/** Bytes after which a file is full, and the next entry begins another. */
const FULL = 16 * 1024 * 1024;
const NEW_LINE = 0x0a;
/** Ends a line that its writer did not end, so that it is none, however much of it is there. */
export const SPOILT = '#\n';

/** How far a file has been read. */
interface Place {
  readonly file: string;
  readonly offset: number;
}

/**
 * The journal's folder: files of JSON lines that only grow, each named after the revision of its first
 * entry, so that their names are in their order whatever a clock says. Who appends holds the lock of the
 * change counter, so there is one writer at a time, in whatever process.
 */
export class JournalFiles {
  private place: Place | undefined;
  private lastEntry: JournalEntry | undefined;
  private assembly = new EntryAssembly();

  constructor(readonly folder: string) {}

  /** The entry written last, or undefined where there is none. Reads what is new since the last time. */
  async newest(): Promise<JournalEntry | undefined> {
    const files = await this.files();
    const isKnown = this.place && files.includes(this.place.file) && (await this.hasOnlyGrown());
    if (!isKnown) this.forget();
    const unread = this.place ? files.slice(files.indexOf(this.place.file)) : files.slice(-1);
    for (const file of unread) await this.read(file);

    // What the last file has may be all that a crash left of an entry.
    for (const file of files.slice(0, -1).reverse()) {
      if (this.lastEntry) break;
      this.lastEntry = (await entriesOf(join(this.folder, file))).at(-1);
    }
    return this.lastEntry;
  }

  /** The entries from one at or before this revision on. @throws Error when one is missing */
  async entriesFrom(revision: bigint): Promise<JournalEntry[]> {
    const files = await this.files();
    const begun = files.filter((file) => firstRevisionOf(file) <= revision).length;
    const entries: JournalEntry[] = [];
    for (const file of files.slice(Math.max(0, begun - 1))) {
      entries.push(...(await entriesOf(join(this.folder, file))));
    }
    return checkChain(entries);
  }

  /**
   * Resolves when the text is on the disk itself, be it behind what a crash left of a line. Where that
   * fails it is taken away again.
   */
  async append(text: string, revision: bigint): Promise<void> {
    const last = (await this.files()).at(-1);
    const isFull = last !== undefined && (await stat(join(this.folder, last))).size >= FULL;
    const isNew = last === undefined || isFull;
    const path = join(this.folder, isNew ? nameOf(revision) : last);

    const file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    try {
      await file.appendFile((await endsInTheMiddle(file, size)) ? `${SPOILT}${text}` : text);
      await file.sync();
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(this.folder);
  }

  private async files(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => FILE_NAME.test(name)).sort();
  }

  private async read(file: string): Promise<void> {
    const offset = file === this.place?.file ? this.place.offset : 0;
    const { lines, end } = await linesOf(join(this.folder, file), offset);
    this.lastEntry = assemble(this.assembly, lines).at(-1) ?? this.lastEntry;
    this.place = { file, offset: end };
  }

  private forget(): void {
    this.place = undefined;
    this.lastEntry = undefined;
    this.assembly = new EntryAssembly();
  }

  private async hasOnlyGrown(): Promise<boolean> {
    const { file, offset } = this.place as Place;
    return (await stat(join(this.folder, file))).size >= offset;
  }
}

async function entriesOf(path: string): Promise<JournalEntry[]> {
  return assemble(new EntryAssembly(), (await linesOf(path, 0)).lines);
}

function assemble(assembly: EntryAssembly, lines: readonly string[]): JournalEntry[] {
  return lines.flatMap((text) => {
    const line = parseLine(text);
    return (line && assembly.add(line)) ?? [];
  });
}

const FILE_NAME = /^keys-\d{19}\.jsonl$/;

/** 19 digits: those of the largest bigint of PostgreSQL. */
function nameOf(revision: bigint): string {
  return `keys-${revision.toString().padStart(19, '0')}.jsonl`;
}

function firstRevisionOf(file: string): bigint {
  return BigInt(file.slice('keys-'.length, -'.jsonl'.length));
}

/** The whole lines from there on, and where the last of them ends. */
async function linesOf(path: string, offset: number): Promise<{ lines: string[]; end: number }> {
  const file = await open(path, 'r');
  try {
    const lines: string[] = [];
    let end = offset;
    let rest: Buffer[] = [];
    for await (const chunk of file.createReadStream({ start: offset, autoClose: false })) {
      let bytes = chunk as Buffer;
      for (let at = bytes.indexOf(NEW_LINE); at >= 0; at = bytes.indexOf(NEW_LINE)) {
        const line = Buffer.concat([...rest, bytes.subarray(0, at)]);
        rest = [];
        bytes = bytes.subarray(at + 1);
        end += line.length + 1;
        if (line.length > 0) lines.push(line.toString('utf8'));
      }
      if (bytes.length > 0) rest.push(bytes);
    }
    return { lines, end };
  } finally {
    await file.close();
  }
}

async function endsInTheMiddle(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== NEW_LINE;
}

/** So that the new name in it lasts through a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r');
  await opened.sync().finally(() => opened.close());
}
