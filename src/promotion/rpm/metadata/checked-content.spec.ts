import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Content, readChecked } from './checked-content.js';
import type { RepomdFile } from './repomd.js';

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function named(packed: Buffer, open?: Buffer): RepomdFile {
  return {
    type: 'primary',
    path: 'repodata/primary.xml.gz',
    size: packed.length,
    sha256: hashOf(packed),
    timestamp: 1,
    ...(open && { open: { size: open.length, sha256: hashOf(open) } }),
  };
}

/** As it may come over a network: in small pieces, or some at once. */
async function* inPieces(bytes: Buffer, length = 7): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += length) {
    await Promise.resolve();
    yield bytes.subarray(start, start + length);
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

const read = (file: RepomdFile, content: Content) => readChecked(file, content, collect);

describe('readChecked', () => {
  const plain = Buffer.from('<metadata/>'.repeat(1000));
  const packed = gzipSync(plain);

  it('hands on what is packed', async () => {
    expect(await read(named(packed, plain), packed)).toBe(plain.toString());
    expect(await read(named(packed, plain), inPieces(packed))).toBe(plain.toString());
  });

  it('hands on what is not packed as it is', async () => {
    expect(await read(named(plain), inPieces(plain))).toBe(plain.toString());
  });

  it.each<[string, Content, string]>([
    ['too short', packed.subarray(0, -1), 'bytes and should have'],
    ['too short, in pieces', inPieces(packed.subarray(0, -9)), 'bytes and should have'],
    ['too long', Buffer.concat([packed, packed]), 'is larger than'],
    ['too long, in pieces', inPieces(Buffer.concat([packed, packed])), 'is larger than'],
  ])('refuses content that is %s', async (_what, content, reason) => {
    await expect(read(named(packed, plain), content)).rejects.toMatchObject({
      name: 'MetadataProblem',
      message: expect.stringContaining(reason),
    });
  });

  it('refuses what is not packed and should be', async () => {
    await expect(read(named(plain, plain), plain)).rejects.toThrow('cannot be unpacked');
  });

  it('refuses content of another hash', async () => {
    const file = { ...named(packed, plain), sha256: '0'.repeat(64) };
    await expect(read(file, packed)).rejects.toThrow('does not have the SHA-256');
  });

  it('refuses what unpacks to something else', async () => {
    const file = named(packed, plain);
    const open = { ...file.open!, sha256: '0'.repeat(64) };
    await expect(read({ ...file, open }, packed)).rejects.toThrow('does not have the SHA-256');
    const short = { ...file.open!, size: plain.length + 1 };
    await expect(read({ ...file, open: short }, packed)).rejects.toThrow('should have');
  });

  it('refuses bytes behind what is packed, which other programs may read', async () => {
    for (const trailer of [Buffer.alloc(8), Buffer.from('trailer'), Buffer.alloc(100_000)]) {
      const more = Buffer.concat([packed, trailer]);
      for (const content of [more, inPieces(more, 1000)]) {
        await expect(read(named(more, plain), content)).rejects.toThrow(
          /more than its compressed content|cannot be unpacked/,
        );
      }
    }
  });

  it('stops unpacking where the stated size is reached', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    let unpacked = 0;
    const counting = async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) unpacked += chunk.length;
    };
    const file = { ...named(bomb), open: { size: 1024 * 1024, sha256: '0'.repeat(64) } };
    await expect(readChecked(file, bomb, counting)).rejects.toThrow('is larger than 1048576 bytes');
    expect(unpacked).toBeLessThanOrEqual(1024 * 1024);
  });

  it('passes on why a file could not be fetched', async () => {
    async function* broken(): AsyncIterable<Uint8Array> {
      yield packed.subarray(0, 10);
      await Promise.resolve();
      throw new Error('connection reset');
    }
    await expect(read(named(packed, plain), broken())).rejects.toThrow('connection reset');
  });

  it('passes on why the content is not accepted, and closes it', async () => {
    let closed = false;
    async function* endless(): AsyncIterable<Uint8Array> {
      try {
        yield packed.subarray(0, -1);
        for (;;) {
          await setImmediate();
          yield Buffer.alloc(0);
        }
      } finally {
        closed = true;
      }
    }
    const refuse = async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) throw new Error(`no ${chunk.length > 0}`);
    };
    await expect(readChecked(named(packed, plain), endless(), refuse)).rejects.toThrow('no true');
    await setImmediate();
    await setImmediate();
    expect(closed).toBe(true);
  });
});
