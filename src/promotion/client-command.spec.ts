import { clientCommand } from './client-command.js';
import type { ReleasePackage } from './release.js';

function aPackage(name: string, version: string, target = 'bookworm-amd64'): ReleasePackage {
  const architecture = 'amd64';
  return { target, name, version, architecture, path: '', size: 1, sha256: '', identity: version };
}

describe('what a machine runs to go back', () => {
  it('names the newest version that is left, as Debian compares them', () => {
    const packages = ['1.10', '1.9', '1:1.0~rc1', '1.11~'].map((each) => aPackage('acme', each));
    const change = { packages, added: [], removed: [aPackage('acme', '2:1')] };
    expect(clientCommand('deb', change)).toBe(
      'apt-get update && apt-get install --allow-downgrades acme=1:1.0~rc1',
    );
  });

  it('looks at the target alone that lost the package', () => {
    const packages = [aPackage('acme', '9', 'trixie-amd64'), aPackage('acme', '1')];
    const change = { packages, added: [], removed: [aPackage('acme', '2')] };
    expect(clientCommand('deb', change)).toContain('acme=1');
    expect(clientCommand('rpm', change)).toBe('dnf distro-sync');
  });

  it('is nothing where there is nothing to go back to', () => {
    const change = {
      packages: [aPackage('other', '1')],
      added: [],
      removed: [aPackage('acme', '2')],
    };
    expect(clientCommand('deb', change)).toBeNull();
    expect(clientCommand('rpm', { packages: [], added: [], removed: [] })).toBeNull();
  });
});
