import fc from 'fast-check';
import { siteAddress } from './site-address.js';

describe('siteAddress', () => {
  it('gives a host in the forms that clients want', () => {
    expect(siteAddress('https://pkg.example.org')).toEqual({
      url: 'https://pkg.example.org',
      host: 'pkg.example.org',
      hostname: 'pkg.example.org',
      plainHttp: false,
      slug: 'pkg-example-org',
    });
  });

  it('keeps a port, a path and an address', () => {
    expect(siteAddress('http://[::1]:8000/lts/')).toEqual({
      url: 'http://[::1]:8000/lts',
      host: '[::1]:8000',
      hostname: '[::1]',
      plainHttp: true,
      slug: '1-8000',
    });
  });

  it('has placeholders where nobody has said it', () => {
    expect(siteAddress('')).toMatchObject({ url: 'https://<HOST>', slug: 'packyard' });
  });

  it('holds nothing that a shell, an INI file or YAML takes apart, whatever the path', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.string({ unit: 'binary' }), (base, rest) => {
        const { url, slug } = siteAddress(`${base}/${rest}`);
        expect(url).toMatch(/^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~/%-]*)?$/);
        expect(slug).toMatch(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/);
      }),
    );
  });
});
