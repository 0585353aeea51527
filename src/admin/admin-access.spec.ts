import { BlockList } from 'node:net';
import { judgeAdminRequest, type AdminRequest } from './admin-access.js';

const allowedPeers = new BlockList();
allowedPeers.addSubnet('127.0.0.0', 8, 'ipv4');
allowedPeers.addSubnet('::1', 128, 'ipv6');
allowedPeers.addSubnet('172.18.0.1', 32, 'ipv4');
allowedPeers.addSubnet('fd00:1::', 32, 'ipv6');
const allowedHosts = ['127.0.0.1', 'localhost', '[::1]', 'packyard.internal'];

const CURL: AdminRequest = {
  method: 'POST',
  peer: '127.0.0.1',
  host: '127.0.0.1:8088',
  origin: undefined,
  secFetchSite: undefined,
  secFetchMode: undefined,
};

const judge = (request: Partial<AdminRequest>, rules = { allowedPeers, allowedHosts }) =>
  judgeAdminRequest({ ...CURL, ...request }, rules);

describe('the operator', () => {
  it('may, with curl through the tunnel', () => {
    expect(judge({})).toBeUndefined();
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])('may %s', (method) => {
    expect(judge({ method })).toBeUndefined();
  });
});

describe('the peer', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.7',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1', // how a socket that takes both families reports IPv4
    '::ffff:7f00:1',
    '172.18.0.1',
    '::ffff:172.18.0.1',
    'fd00:1::7',
  ])('%s is allowed', (peer) => {
    expect(judge({ peer })).toBeUndefined();
  });

  it.each([
    '172.18.0.2',
    '::ffff:172.18.0.2',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    '10.0.0.1',
    '::2',
    '::',
    'fd00:2::7',
    'fe80::1%eth0',
    '0.0.0.0',
    'localhost',
    '',
    undefined,
  ])('%s is foreign', (peer) => {
    expect(judge({ peer })).toBe('FOREIGN_PEER');
    expect(judge({ peer, method: 'GET' })).toBe('FOREIGN_PEER');
  });

  it('on a link-local address is known with its zone', () => {
    const linkLocal = new BlockList();
    linkLocal.addSubnet('fe80::', 10, 'ipv6');
    const rules = { allowedPeers: linkLocal, allowedHosts };
    expect(judge({ peer: 'fe80::1%eth0' }, rules)).toBeUndefined();
    expect(judge({ peer: '127.0.0.1' }, rules)).toBe('FOREIGN_PEER');
  });
});

describe('the Host', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:8088',
    '127.0.0.1:1',
    'localhost',
    'LocalHost:8088',
    '[::1]',
    '[::1]:8088',
    'packyard.internal',
    'packyard.internal:',
  ])('%s is ours', (host) => {
    expect(judge({ host })).toBeUndefined();
  });

  it.each([
    'evil.example',
    'evil.example:8088',
    'localhost.evil.example',
    'evil.localhost',
    'localhost.',
    'localhost:8088:8088',
    'localhost@evil.example',
    'user@localhost',
    '127.0.0.2',
    '127.1',
    '0x7f000001',
    '2130706433',
    '::1',
    '[::2]:8088',
    '[::1',
    '[::ffff:127.0.0.1]',
    ' localhost',
    ':8088',
    '',
    undefined,
  ])('%s is foreign, whatever is asked', (host) => {
    expect(judge({ host })).toBe('FOREIGN_HOST');
    expect(judge({ host, method: 'GET' })).toBe('FOREIGN_HOST');
  });
});

describe('a page in the operator’s browser', () => {
  const PAGE = { host: 'localhost:8088', secFetchSite: 'same-origin' };

  it('that we serve may change things', () => {
    expect(judge({ ...PAGE, origin: 'http://localhost:8088' })).toBeUndefined();
    expect(judge({ ...PAGE, host: 'LOCALHOST:8088', origin: 'http://localhost:8088' })).toBe(
      undefined,
    );
    expect(judge({ ...PAGE, host: '[::1]:8088', origin: 'http://[::1]:8088' })).toBeUndefined();
    expect(judge({ ...PAGE, origin: undefined, secFetchSite: 'none' })).toBeUndefined();
  });

  it.each([
    'https://evil.example',
    'http://evil.example:8088',
    'http://localhost', // another port is another origin
    'http://localhost:3000',
    'https://localhost:8088',
    'http://127.0.0.1:8088', // it is ours by another name, and still not this host
    'http://localhost:8088.evil.example',
    'http://localhost:8088/',
    'null',
    '',
  ])('of the origin "%s" may not', (origin) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'post']) {
      expect(judge({ host: 'localhost:8088', method, origin })).toBe('FOREIGN_ORIGIN');
    }
  });

  it.each(['cross-site', 'same-site', 'Same-Origin', ''])(
    'that comes "%s" may not, be it without an Origin',
    (secFetchSite) => {
      expect(judge({ secFetchSite })).toBe('FOREIGN_ORIGIN');
      expect(judge({ secFetchSite, origin: 'http://127.0.0.1:8088' })).toBe('FOREIGN_ORIGIN');
    },
  );

  it('may be a link to us from elsewhere: reading changes nothing', () => {
    const link = { secFetchSite: 'cross-site', secFetchMode: 'navigate' };
    expect(judge({ ...link, method: 'GET' })).toBeUndefined();
    expect(judge({ ...link, method: 'HEAD' })).toBeUndefined();
    expect(judge({ ...link, secFetchMode: undefined, method: 'GET' })).toBeUndefined();
  });

  it.each(['cors', 'no-cors', 'same-origin', 'websocket', ''])(
    'may load nothing from elsewhere, in mode "%s": it could time what it cannot read',
    (secFetchMode) => {
      for (const secFetchSite of ['cross-site', 'same-site']) {
        expect(judge({ method: 'GET', secFetchSite, secFetchMode })).toBe('FOREIGN_ORIGIN');
      }
      expect(judge({ method: 'GET', secFetchSite: 'same-origin', secFetchMode })).toBeUndefined();
    },
  );
});
