import { StartError } from '../../common/start-error.js';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'something on the way there is not a folder',
  EEXIST: 'something else is there',
  ENOENT: 'there is no such place',
};

/** Words an error of the file system for the person who starts Packyard; anything else stays as it is. */
export function explainFileTrouble(error: unknown, dataDir: string): unknown {
  const { code = '', path, syscall = '' } = error as NodeJS.ErrnoException;
  const reason = reasons[code];
  if (!reason || !path || syscall.startsWith('spawn')) return error;
  return new StartError(
    `The database cannot be kept in the data folder ${dataDir}: ${syscall} ${path} fails, because ${reason}. ` +
      'Set PACKYARD_DATA_DIR to a folder that this user can write to and that has space, ' +
      'or DATABASE_URL to a PostgreSQL server of your own.',
  );
}
