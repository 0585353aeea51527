import { contentType } from './content-type.js';

describe('contentType', () => {
  it.each([
    ['core-1.2-1.noarch.rpm', 'application/x-rpm'],
    ['core_1.2_all.deb', 'application/vnd.debian.binary-package'],
    ['repomd.xml', 'application/xml'],
    ['repomd.xml.asc', 'text/plain'],
    ['Packages.gz', 'application/gzip'],
    ['Packages.xz', 'application/x-xz'],
    ['Packages', 'text/plain'],
    ['Release', 'text/plain'],
    ['InRelease', 'text/plain'],
    ['Release.gpg', 'application/pgp-signature'],
    ['lts.asc', 'text/plain'],
    ['cosign.pub', 'text/plain'],
    ['ab12'.repeat(16), 'application/octet-stream'],
    ['constructor', 'application/octet-stream'],
    ['x.constructor', 'application/octet-stream'],
    ['page.html', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('of %s is %s', (name, type) => {
    expect(contentType(name)).toBe(type);
  });
});
