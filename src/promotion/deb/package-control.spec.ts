import { fileNames, packageKey, poolPath, readControl } from './package-control.js';

const control = (fields: Record<string, string>) =>
  readControl(
    new Map(
      Object.entries({ package: 'acme', version: '1.0-1', architecture: 'amd64', ...fields }),
    ),
  );

describe('the control of a package', () => {
  it('says what it is', () => {
    const read = control({ version: '1:1.0~rc1+git-1', source: 'libacme (1.0-1)' });
    expect(read).toEqual({
      name: 'acme',
      version: '1:1.0~rc1+git-1',
      architecture: 'amd64',
      source: 'libacme',
    });
    expect(packageKey(read)).toBe('acme_1:1.0~rc1+git-1_amd64');
  });

  it('has itself for a source where none is named', () => {
    expect(control({}).source).toBe('acme');
  });

  it.each(['1', '0.1', '1.0-1', '2:1.0-1', '1.0-1-2', '1.0~', '1.0+b1', '20250101.1'])(
    'may have the version %s',
    (version) => expect(control({ version }).version).toBe(version),
  );

  it.each([
    '',
    'v1',
    ':1',
    'a:1',
    '1:',
    '1-',
    '-1',
    '1:1:1',
    '1_0',
    '1/2',
    '1 0',
    '1\n2',
    'é',
    '%1',
  ])('may not have the version %j', (version) =>
    expect(() => control({ version })).toThrow('Version'),
  );

  it.each(['a', 'Acme', '-acme', 'ac me', 'ac_me', '../x', 'a/b', ''])(
    'may not have the name %j',
    (name) => expect(() => control({ package: name })).toThrow('Package'),
  );

  it.each(['lib', 'A', '', '(1.0)', 'acme (1.0', '../acme', 'acme (1) (2)'])(
    'may not have the source %j',
    (source) => expect(() => control({ source })).toThrow('Source'),
  );

  it('leads to its file names, with the epoch and without', () => {
    expect(fileNames(control({ version: '1:2.0-1' }), '.deb')).toEqual([
      'acme_2.0-1_amd64.deb',
      'acme_1%3a2.0-1_amd64.deb',
    ]);
    expect(fileNames(control({}), '.ddeb')).toEqual(['acme_1.0-1_amd64.ddeb']);
  });

  it('leads to its place in the pool', () => {
    expect(poolPath('bookworm', 'acme', 'a.deb')).toBe('pool/bookworm/main/a/acme/a.deb');
    expect(poolPath('trixie', 'libacme', 'a.deb')).toBe('pool/trixie/main/liba/libacme/a.deb');
    expect(poolPath('trixie', 'library', 'a.deb')).toBe('pool/trixie/main/libr/library/a.deb');
  });
});
