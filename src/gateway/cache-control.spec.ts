import { cacheControl } from './cache-control.js';

const sha256 = 'ab12'.repeat(16);
const forPrivate = (path: string) => cacheControl(path.split('/'), 'private');

describe('cacheControl', () => {
  it.each([
    'rpm/core/2025/el9-x86_64/repodata/repomd.xml',
    'rpm/core/2025/el9-x86_64/repodata/repomd.xml.asc',
    'rpm/core/2025/el9-x86_64/repodata/repomd.xml.key',
    'deb/core/2025/dists/bookworm/InRelease',
    'deb/core/2025/dists/bookworm/Release',
    'deb/core/2025/dists/bookworm/Release.gpg',
    'deb/core/2025/dists/bookworm/main/binary-amd64/Packages.gz',
    'rpm/core/2025/el9-x86_64/repodata/primary.xml.gz',
    'rpm/core/2025/el9-x86_64/repodata/abc-primary.xml.gz',
    `rpm/core/2025/el9-x86_64/${sha256}-primary.xml.gz`,
    `rpm/core/2025/el9-x86_64/repodata/${sha256}`,
    'deb/core/2025/dists/bookworm/main/binary-amd64/by-hash/SHA256/Packages',
    'rpm/core/2025/el9-x86_64/package.rpm/readme',
  ])('lets %s be asked for again each time', (path) => {
    expect(forPrivate(path)).toBe('private, no-cache');
  });

  it.each([
    `rpm/core/2025/el9-x86_64/repodata/${sha256}-primary.xml.gz`,
    `rpm/core/2025/el9-x86_64/repodata/${sha256.slice(0, 40)}-filelists.xml.zst`,
    `deb/core/2025/dists/bookworm/main/binary-amd64/by-hash/SHA256/${sha256}`,
    `deb/core/2025/dists/bookworm/main/binary-amd64/by-hash/SHA512/${sha256}${sha256}`,
    `deb/core/2025/dists/bookworm/main/binary-amd64/by-hash/MD5Sum/${sha256.slice(0, 32)}`,
  ])('lets %s be kept: its name is its content', (path) => {
    expect(forPrivate(path)).toBe('private, max-age=31536000, immutable');
  });

  it.each([
    'rpm/core/2025/el9-x86_64/core-1.2-1.noarch.rpm',
    'deb/core/2025/pool/bookworm/c/core/core_1.2_all.deb',
    'deb/core/2025/pool/bookworm/c/core/core_1.2_amd64.udeb',
  ])('lets %s be kept for a day', (path) => {
    expect(forPrivate(path)).toBe('private, max-age=86400');
  });

  it.each([
    'rpm/a/1/t/repodata/repomd.xml',
    `rpm/a/1/t/repodata/${sha256}-primary.xml.gz`,
    'rpm/a/1/t/a.rpm',
  ])('lets shared caches have %s of a public component alone', (path) => {
    expect(cacheControl(path.split('/'), 'public')).toMatch(/^public, /);
    expect(cacheControl(path.split('/'), 'private')).toMatch(/^private, /);
  });
});
