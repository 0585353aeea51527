import { type FileHandle, open } from 'node:fs/promises';
import { MalformedMetadata } from './malformed-metadata.js';

const MAGIC = '!<arch>\n';
const HEADER_LENGTH = 60;
/** deb(5); a fourth and further member is for the future, and its name starts with `_`. */
const MEMBERS = [
  /^debian-binary$/,
  /^control\.tar(\.(gz|xz|zst))?$/,
  /^data\.tar(\.(gz|bz2|lzma|xz|zst))?$/,
];

/**
 * Checks that a file is, from its first byte to its last, the `ar` archive that deb(5) describes: `dpkg-deb` reads
 * no further than to the member that it is asked for, and does not see that a file was cut off.
 *
 * @throws MalformedMetadata
 */
export async function checkArchiveMembers(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const names = (await readMemberNames(file, size)).filter((name) => !name.startsWith('_'));
    const isDeb =
      names.length === MEMBERS.length && MEMBERS.every((each, i) => each.test(names[i]!));
    if (!isDeb) {
      throw new MalformedMetadata(
        `it holds ${names.join(', ')} in place of debian-binary, control.tar and data.tar`,
      );
    }
  } finally {
    await file.close();
  }
}

async function readMemberNames(file: FileHandle, size: number): Promise<string[]> {
  const read = async (position: number, length: number) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.toString('latin1', 0, bytesRead);
  };
  if ((await read(0, MAGIC.length)) !== MAGIC) {
    throw new MalformedMetadata('it is no Debian package: it does not start as an ar archive');
  }
  const names: string[] = [];
  let position = MAGIC.length;
  while (position < size) {
    const header = await read(position, HEADER_LENGTH);
    // name 16, time 12, owner 6, group 6, mode 8, size 10, and two bytes that end it
    const [, name, length] =
      /^([a-z0-9._-]{1,16})\/? *[0-9 ]{12}[0-9 ]{6}[0-9 ]{6}[0-7 ]{8}([0-9]{1,10}) *`\n$/.exec(
        header,
      ) ?? [];
    if (header.length !== HEADER_LENGTH || !name || !length || names.length === 16) {
      throw new MalformedMetadata(`it is damaged at byte ${position}`);
    }
    names.push(name);
    const end = position + HEADER_LENGTH + Number(length);
    if (end > size) throw new MalformedMetadata(`it ends in the middle of ${name}`);
    position = end + (end % 2);
  }
  return names;
}
