import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Audience, cacheControl } from './cache-control.js';
import { type ByteRange, chooseFileAnswer, type FileVersion } from './choose-file-answer.js';
import { connectionClosed } from './connection-closed.js';
import { contentType } from './content-type.js';

const REFUSALS = {
  404: 'Not found.\n',
  412: 'The file is not the one that the request is for.\n',
  416: 'The file does not have these bytes.\n',
};

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** What a path leads to when it leads to no file: not there, too long, a loop of links, a socket. */
const NO_FILE = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ENXIO'];

/**
 * The files of the published tree over HTTP, for who was let through to them.
 *
 * Live paths are links to snapshots inside the tree. A path is resolved once, the
 * file that it led to is opened, and all that is said and sent is of that open
 * file: a switch of the link in between changes nothing, and Content-Length, ETag
 * and content always belong together. That is why this is not `@fastify/send`,
 * which opens the file by its name after the headers are made, blocks on a FIFO,
 * and has an ETag of size and milliseconds with no way to give it another.
 */
export class PublishedTree {
  constructor(private readonly root: string) {}

  /**
   * Answers a GET or HEAD with a file, or with 404 where there is none to serve.
   *
   * @param segments the decoded segments of a canonical path
   * @throws NodeJS.ErrnoException when a file is there and cannot be read; if that shows
   *   only on the way, `response.headersSent` is true and the response still open. A
   *   client that leaves is no error.
   */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    segments: readonly string[],
    audience: Audience,
  ): Promise<void> {
    const file = await this.open(segments);
    if (!file) return refuse(response, 404);
    const closed = connectionClosed(request.socket);
    try {
      const stats = await file.stat({ bigint: true });
      if (!stats.isFile()) return refuse(response, 404);
      await answer(request, response, file, versionOf(stats), {
        'Cache-Control': cacheControl(segments, audience),
        'Content-Type': contentType(segments.at(-1)!),
      });
    } catch (error) {
      if (!closed.aborted) throw error;
    } finally {
      await file.close();
    }
  }

  /** The bytes that it would serve; undefined where there is no file. */
  async read(segments: readonly string[]): Promise<Buffer | undefined> {
    const file = await this.open(segments);
    try {
      return (await file?.stat())?.isFile() ? await file?.readFile() : undefined;
    } finally {
      await file?.close();
    }
  }

  /** What a path of the tree leads to, a folder and a FIFO too. */
  private async open(segments: readonly string[]): Promise<FileHandle | undefined> {
    if (segments.length === 0 || !segments.every(isServable)) return undefined;
    try {
      const root = await realpath(this.root);
      const path = await realpath(join(root, ...segments));
      if (!path.startsWith(root + sep)) return undefined;
      // Should the end of the path have become a link meanwhile, it is not followed. Without
      // O_NONBLOCK the open of a FIFO waits for its writer, and keeps a thread for it.
      return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (NO_FILE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
}

/**
 * Dot-folders hold what is not live, or not yet. The rest no canonical path has;
 * it is looked at again because everything depends on it.
 */
function isServable(segment: string): boolean {
  return segment !== '' && !segment.startsWith('.') && !/[/\\\0]/.test(segment);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  file: FileHandle,
  version: FileVersion,
  described: { 'Cache-Control': string; 'Content-Type': string },
): Promise<void> {
  const { size } = version;
  const chosen = chooseFileAnswer(request.method, request.headers, version);
  const validators = {
    ETag: version.etag,
    'Last-Modified': new Date(version.modified * 1000).toUTCString(),
    'Cache-Control': described['Cache-Control'],
  };
  const whole = { ...validators, ...described, 'Accept-Ranges': 'bytes' };

  switch (chosen.status) {
    case 304:
      response.writeHead(304, validators).end();
      return;
    case 412:
      return refuse(response, 412);
    case 416:
      return refuse(response, 416, { 'Content-Range': `bytes */${size}` });
    case 206: {
      const { start, end } = chosen.range;
      response.writeHead(206, {
        ...whole,
        'Content-Length': end - start + 1,
        'Content-Range': `bytes ${start}-${end}/${size}`,
      });
      return send(file, chosen.range, request, response);
    }
    case 200:
      response.writeHead(200, { ...whole, 'Content-Length': size });
      if (request.method === 'HEAD' || size === 0) return void response.end();
      return send(file, { start: 0, end: size - 1 }, request, response);
  }
}

/**
 * The ETag stands for the inode and its content: snapshots share files as hard
 * links, which keep it, and a new file gets another one even where size and time
 * are the old file's. Hashed, because an inode number is nobody else's business.
 */
function versionOf({ ino, size, mtimeNs }: BigIntStats): FileVersion {
  const identity = createHash('sha256').update(`${ino}:${size}:${mtimeNs}`).digest('base64url');
  return {
    size: Number(size),
    etag: `"${identity.slice(0, 22)}"`,
    modified: Number(mtimeNs / 1_000_000_000n),
  };
}

/** Streams bytes of the file and ends the response; a failure leaves it open for the caller to cut off. */
async function send(
  file: FileHandle,
  range: ByteRange,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bytes = file.createReadStream({ ...range, autoClose: false });
  await pipeline(bytes, response, { end: false, signal: connectionClosed(request.socket) });
  // Ended as if it were whole, the answer would leave the client waiting for the rest.
  if (bytes.bytesRead < range.end - range.start + 1) {
    throw new Error('the file became shorter while it was sent');
  }
  response.end();
}

function refuse(
  response: ServerResponse,
  status: keyof typeof REFUSALS,
  headers: Record<string, string> = {},
): void {
  const body = REFUSALS[status];
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
