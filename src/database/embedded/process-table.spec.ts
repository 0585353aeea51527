import { isRunning, lookUpProcess, parseProc, parsePs } from './process-table.js';

describe('parseProc', () => {
  it('reads parent and command, whatever the name holds', () => {
    const entry = parseProc('71 (a) b (c) S 57 71 71 0 -1', '/bin/a\0-D\0/my data\0');
    expect(entry).toEqual({ parent: 57, command: '/bin/a -D /my data' });
  });

  it('knows a process that has ended by its empty command line', () => {
    expect(parseProc('71 (postgres) Z 57 71 71 0 -1', '')).toEqual({ parent: 57, command: '' });
  });
});

describe('parsePs', () => {
  it('reads parent and command', () => {
    expect(parsePs('   57 /bin/postgres -D /my data\n')).toEqual({
      parent: 57,
      command: '/bin/postgres -D /my data',
    });
  });

  it.each(['57 (postgres)\n', '57 postgres <defunct>\n', ''])('knows that %j has ended', (line) => {
    expect(parsePs(line).command).toBe('');
  });
});

describe('lookUpProcess', () => {
  it('finds this process and its parent', async () => {
    const entry = await lookUpProcess(process.pid);
    expect(entry?.parent).toBe(process.ppid);
    expect(entry?.command).toContain('node');
  });

  it('finds nothing under a number that is in no use', async () => {
    expect(await lookUpProcess(2 ** 30)).toBeUndefined();
    expect(isRunning(2 ** 30)).toBe(false);
    expect(isRunning(process.pid)).toBe(true);
  });
});
