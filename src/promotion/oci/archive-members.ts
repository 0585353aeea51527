import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { ImageProblem } from './image-problem.js';

/** An archive of one image has a file a layer; what has more is something else. */
const MOST_MEMBERS = 10_000;

/** A file in the archive: a tar that is not compressed holds each in one piece. */
export interface ArchiveMember {
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/**
 * A tar, read once from its first byte to its last. Nothing is unpacked, so no name in it leads anywhere: names are
 * looked up, and members read where they are.
 */
export class ArchiveMembers {
  private constructor(
    private readonly archive: string,
    private readonly members: ReadonlyMap<string, ArchiveMember>,
    private readonly links: ReadonlyMap<string, string>,
  ) {}

  /** @throws ImageProblem where it is no tar, or compressed, or names something twice */
  static async read(archive: string): Promise<ArchiveMembers> {
    await requireTar(archive);
    const members = new Map<string, ArchiveMember>();
    const links = new Map<string, string>();
    const tar = extract();
    const reading = (async () => {
      for await (const entry of tar) {
        const { name, type, linkname, size = 0, byteOffset } = entry.header as Positioned;
        const path = nameIn(name);
        if (members.has(path) || links.has(path)) {
          throw new ImageProblem(`it holds ${JSON.stringify(path)} twice`);
        }
        if (members.size + links.size >= MOST_MEMBERS) {
          throw new ImageProblem(`it holds more than ${MOST_MEMBERS} files`);
        }
        const hash = createHash('sha256');
        for await (const chunk of entry as unknown as AsyncIterable<Buffer>) hash.update(chunk);
        if (type === 'file') {
          members.set(path, { offset: byteOffset, size, sha256: hash.digest('hex') });
        } else if (type === 'symlink' && linkname) {
          links.set(path, nameIn(posix.join(posix.dirname(path), linkname)));
        } else if (type !== 'directory') {
          throw new ImageProblem(`it holds a ${type}, ${JSON.stringify(path)}`);
        }
      }
    })();
    const feeding = pipeline(createReadStream(archive), tar as unknown as NodeJS.WritableStream);
    const [read, fed] = await Promise.allSettled([reading, feeding]);
    for (const outcome of [read, fed]) {
      if (outcome.status === 'fulfilled') continue;
      const error = outcome.reason as Error & { syscall?: string };
      if (error instanceof ImageProblem || error.syscall !== undefined) throw error;
      throw new ImageProblem(`it is no whole tar archive: ${error.message}`);
    }
    return new ArchiveMembers(archive, members, links);
  }

  /** The file of that name, also by one symbolic link (`docker save` links layers that are alike). */
  find(name: string): ArchiveMember | undefined {
    return this.members.get(name) ?? this.members.get(this.links.get(name) ?? '');
  }

  /** @throws ImageProblem where it is not there, or longer than the limit, in bytes */
  async content(name: string, limit: number): Promise<Buffer> {
    const member = this.find(name);
    if (!member) throw new ImageProblem(`it has no ${name}`);
    if (member.size > limit) throw new ImageProblem(`its ${name} is longer than ${limit} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of this.open(member)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  open(member: ArchiveMember): Readable {
    return openMember(this.archive, member);
  }
}

/** The bytes of a member of an archive that was read before. */
export function openMember(
  archive: string,
  { offset, size }: Pick<ArchiveMember, 'offset' | 'size'>,
): Readable {
  // `end` is inclusive, so nothing at all cannot be said with it.
  if (size === 0) return createReadStream('/dev/null');
  return createReadStream(archive, { start: offset, end: offset + size - 1 });
}

/** tar-stream sets it; its types do not know. */
type Positioned = Header & { readonly byteOffset: number };

/** As the formats write it: relative, without `./` and a slash at the end. */
function nameIn(name: string): string {
  const path = name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  if (path.startsWith('/') || path.split('/').includes('..')) {
    throw new ImageProblem(`it holds ${JSON.stringify(name)}, which leads out of it`);
  }
  return path;
}

async function requireTar(archive: string): Promise<void> {
  const file = await open(archive);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const begin = buffer.toString('latin1', 0, bytesRead);
    if (begin.startsWith('\x1f\x8b') || begin.startsWith('\x28\xb5\x2f\xfd')) {
      throw new ImageProblem(
        'it is compressed: stage the tar itself (its layers are compressed as it is)',
      );
    }
    if (bytesRead < 512 || begin.slice(257, 262) !== 'ustar') {
      throw new ImageProblem('it is no tar archive of an image (oci-archive or docker save)');
    }
  } finally {
    await file.close();
  }
}
