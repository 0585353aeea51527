import { StartError } from '../../common/start-error.js';
import { explainFileTrouble } from './file-trouble.js';

function errno(code: string, syscall: string, path?: string): Error {
  return Object.assign(new Error(code), { code, syscall, path });
}

describe('explainFileTrouble', () => {
  it.each([
    ['EROFS', 'read-only'],
    ['EACCES', 'may not'],
    ['ENOSPC', 'full'],
  ])('words %s', (code, words) => {
    const worded = explainFileTrouble(errno(code, 'mkdir', '/srv/data/postgres'), '/srv/data');
    expect(worded).toBeInstanceOf(StartError);
    const { message } = worded as StartError;
    for (const part of [words, '/srv/data/postgres', 'PACKYARD_DATA_DIR', 'DATABASE_URL']) {
      expect(message).toContain(part);
    }
  });

  it.each([
    new StartError('already worded'),
    errno('ECONNREFUSED', 'connect'),
    errno('ENOENT', 'spawn initdb', 'initdb'),
    new TypeError('a mistake of ours'),
  ])('leaves %s as it is', (error) => {
    expect(explainFileTrouble(error, '/srv/data')).toBe(error);
  });
});
