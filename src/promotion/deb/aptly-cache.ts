import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The packages that the repositories of an aptly database hold: by distribution and `packageKey`. */
export type AptlyContent = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An aptly database that is in use. */
export interface OpenDatabase {
  readonly folder: string;
  /** What it holds; nothing where it is new. */
  readonly content: AptlyContent;
}

/**
 * The aptly database of each publication, so that a build adds to it what is new: aptly reads every package that it
 * does not know, hashes it four times, and syncs the disk for each.
 *
 * What a database holds is noted beside it, and the note is gone while it is in use. One without a note was left in
 * the middle of something and is made again, so losing it, all of it or a part, costs time and nothing else.
 */
export class AptlyCache {
  constructor(private readonly folder: string) {}

  /** The database of a publication, or an empty folder for a new one. */
  async open(publication: string): Promise<OpenDatabase> {
    const note = this.noteOf(publication);
    const content = await readFile(note, 'utf8')
      .then(
        (text) => JSON.parse(text) as AptlyContent,
        () => undefined,
      )
      .catch(() => undefined);
    await rm(note, { force: true });
    return content ? { folder: this.folderOf(publication), content } : this.create(publication);
  }

  /** An empty folder in place of the database that is there. */
  async create(publication: string): Promise<OpenDatabase> {
    const folder = this.folderOf(publication);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return { folder, content: {} };
  }

  /** Notes what a database holds now, when all that was begun with it has ended well. */
  async close(publication: string, content: AptlyContent): Promise<void> {
    const note = this.noteOf(publication);
    await writeFile(`${note}.new`, JSON.stringify(content));
    await rename(`${note}.new`, note);
  }

  private folderOf(publication: string): string {
    return join(this.folder, publication, 'db');
  }

  private noteOf(publication: string): string {
    return join(this.folder, publication, 'content.json');
  }
}
