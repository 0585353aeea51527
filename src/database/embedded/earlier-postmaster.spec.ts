import { parseLockFile } from './earlier-postmaster.js';

describe('parseLockFile', () => {
  it('reads the process and its socket', () => {
    const text =
      '71\n/data/postgres/data\n1795446946\n5432\n/data/postgres/run\n\n  998 8\nready\n';
    expect(parseLockFile(text)).toEqual({
      pid: 71,
      port: 5432,
      socketFolder: '/data/postgres/run',
    });
  });

  it('takes an empty or torn file as naming no process or no socket', () => {
    expect(parseLockFile('').pid).toBe(0);
    expect(parseLockFile('71\n/data')).toMatchObject({ pid: 71, socketFolder: '' });
  });
});
