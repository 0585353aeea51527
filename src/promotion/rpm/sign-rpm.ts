import {
  copyFile,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import { PrimaryKeys, SignatureProblem } from '../../signing/primary-keys.js';
import { runTool } from '../tools/run-tool.js';
import type { RpmTool } from './rpm-tool.js';

/**
 * rpmsign gives what is to be signed to the standard input of this command, and takes the signature from the file
 * that it names. Ours is there already. All names are relative, so that no path has to be quoted.
 */
const putSignature = "/bin/sh sh -c 'cat >signed-bytes && cp signature %{__signature_filename}'";

/**
 * Writes the signed package: the staged one with this signature in place of any that it has. With one version of
 * rpm, the file is the same byte for byte as the one that rpmsign wrote where the signature was made.
 *
 * @throws DomainError SIGNATURE_REFUSED
 */
export async function applySignature(
  rpm: RpmTool,
  {
    staged,
    signature,
    signed,
    publicKeyFile,
  }: {
    staged: string;
    signature: Buffer;
    signed: string;
    publicKeyFile: string;
  },
): Promise<void> {
  const refuse = (reason: string): never => {
    throw new DomainError(
      'SIGNATURE_REFUSED',
      `The signature of ${basename(staged)} is refused: ${reason}`,
      { file: basename(staged) },
    );
  };

  const keys = await PrimaryKeys.read(publicKeyFile);
  await keys.checkIssuer(signature).catch((error: unknown) => {
    throw error instanceof SignatureProblem ? refuse(error.message) : error;
  });

  const folder = await mkdtemp(join(dirname(signed), '.sign-'));
  try {
    const copy = join(folder, 'package.rpm');
    await copyFile(staged, copy);
    await writeFile(join(folder, 'signature'), signature);
    // rpm asks for the name of a key even if the command needs none.
    const defines = ['_gpg_name Packyard', `__gpg_sign_cmd ${putSignature}`];
    await runTool(
      'rpmsign',
      ['--addsign', ...defines.flatMap((define) => ['--define', define]), 'package.rpm'],
      { home: folder },
    ).catch((error: Error) => refuse(error.message));

    const signedBytes = await readFile(join(folder, 'signed-bytes'));
    await keys.checkDetached(signedBytes, signature).catch((error: unknown) => {
      throw error instanceof SignatureProblem
        ? refuse(`it is not over this package. ${error.message}`)
        : error;
    });
    await symlink(resolve(staged), join(folder, 'staged.rpm'));
    const header = (name: string) =>
      rpm.readHeader({ folder: dirname(folder), name: join(basename(folder), name) });
    const [before, after] = await Promise.all([header('staged.rpm'), header('package.rpm')]);
    if (before.sha256 !== after.sha256 || before.payloadSha256 !== after.payloadSha256) {
      refuse('header or payload have changed with it.');
    }
    if (after.signatures.length !== 1 || !after.signatures[0]!.equals(signature)) {
      refuse('the package holds another one besides.');
    }
    await sync(copy);
    await rename(copy, signed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
