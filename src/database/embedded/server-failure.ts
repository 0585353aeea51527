import { statfs } from 'node:fs/promises';
import { StartError } from '../../common/start-error.js';
import type { ServerHome } from './server-home.js';

const littleSpace = 64 * 2 ** 20; // bytes; a new cluster takes 40 MB and PostgreSQL adds its log in steps of 16
const tailLines = 12;

/** Why a program of PostgreSQL's did not do its work: `what` failed, and the end of what it wrote. */
export async function serverFailure(
  { folder }: ServerHome,
  what: string,
  output: string,
): Promise<StartError> {
  const lines = [`${what} in ${folder}.`];
  // Its own words for that may not have found room in the log.
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < littleSpace)
    lines.push(`The disk is full: ${Math.floor(free / 2 ** 20)} MB are left.`);
  if (output.trim()) lines.push('It wrote:', ...output.trim().split('\n').slice(-tailLines));
  lines.push(
    'Where that cannot be put right, set PACKYARD_DATA_DIR to another folder, ' +
      'or DATABASE_URL to a PostgreSQL server of your own.',
  );
  return new StartError(lines.join('\n'));
}
