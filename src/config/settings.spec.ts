import { resolve } from 'node:path';
import { StartError } from '../common/start-error.js';
import { loadSettings } from './settings.js';

function mistakesIn(env: NodeJS.ProcessEnv): string {
  try {
    loadSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return (error as StartError).message;
  }
  throw new Error('these settings were accepted');
}

const DATABASE_URL = 'postgresql://packyard:hunter2@db.internal:5432/packyard';

describe('without any setting', () => {
  it('listens on loopback alone, with the gateway on', () => {
    expect(loadSettings({}).listen).toEqual({
      auth: { host: '127.0.0.1', port: 8080 },
      admin: { host: '127.0.0.1', port: 8088 },
      metrics: { host: '127.0.0.1', port: 9090 },
      gateway: { host: '127.0.0.1', port: 8000 },
    });
  });

  it('keeps everything in .packyard, and finds the rest in the checkout', () => {
    expect(loadSettings({})).toMatchObject({
      publicUrl: '',
      databaseUrl: '',
      dataDir: resolve('.packyard'),
      publishedDir: resolve('.packyard/published'),
      publicKeysDir: resolve('static/content/gpg'),
      catalogueFile: resolve('config/packyard.yml'),
      registryUrl: undefined,
      authMaxStaleness: 60,
      adminAllowedHosts: ['127.0.0.1', 'localhost', '[::1]'],
      adminTokensFile: undefined,
      logLevel: 'info',
      production: false,
    });
  });

  it('lets loopback alone at the admin listener', () => {
    const { adminAllowedPeers } = loadSettings({});
    expect(adminAllowedPeers.check('127.0.0.1')).toBe(true);
    expect(adminAllowedPeers.check('127.9.9.9')).toBe(true);
    expect(adminAllowedPeers.check('::1', 'ipv6')).toBe(true);
    expect(adminAllowedPeers.check('128.0.0.1')).toBe(false);
    expect(adminAllowedPeers.check('172.17.0.1')).toBe(false);
    expect(adminAllowedPeers.check('::2', 'ipv6')).toBe(false);
  });

  it('reads none from the process when it is given an environment', () => {
    expect(loadSettings({ OTHER: 'x' }).dataDir).toBe(resolve('.packyard'));
  });
});

describe('the gateway', () => {
  it('is off by itself with a database of one’s own', () => {
    expect(loadSettings({ DATABASE_URL }).listen.gateway).toBeUndefined();
  });

  it('is on where it is told to be, with either database', () => {
    const GATEWAY_LISTEN = '0.0.0.0:80';
    expect(loadSettings({ GATEWAY_LISTEN, DATABASE_URL }).listen.gateway).toEqual({
      host: '0.0.0.0',
      port: 80,
    });
    expect(loadSettings({ GATEWAY_LISTEN }).listen.gateway?.port).toBe(80);
  });

  it('is off where it is turned off, and with an empty DATABASE_URL on', () => {
    expect(loadSettings({ GATEWAY_LISTEN: '' }).listen.gateway).toBeUndefined();
    expect(loadSettings({ DATABASE_URL: '' }).listen.gateway?.port).toBe(8000);
  });
});

describe('a listener', () => {
  it.each(['AUTH_LISTEN', 'ADMIN_LISTEN', 'METRICS_LISTEN', 'GATEWAY_LISTEN'])(
    '%s is turned off by nothing, and leaves the others on',
    (name) => {
      const on = Object.entries(loadSettings({ [name]: '' }).listen).filter(([, at]) => at);
      expect(on).toHaveLength(3);
      expect(on.map(([listener]) => `${listener.toUpperCase()}_LISTEN`)).not.toContain(name);
    },
  );

  it.each([
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:8080', { host: '0.0.0.0', port: 8080 }],
    ['localhost:65535', { host: 'localhost', port: 65535 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['[::]:8080', { host: '::', port: 8080 }],
    ['[fd00:1::7]:80', { host: 'fd00:1::7', port: 80 }],
  ])('listens on %s', (text, expected) => {
    expect(loadSettings({ AUTH_LISTEN: text }).listen.auth).toEqual(expected);
  });

  it.each([
    '8080',
    ':8080',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:http',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '127.0.0.1:80 ',
    '::1:8080',
    '[::1]',
    'http://127.0.0.1:8080',
    'by database',
    ' ',
  ])('does not listen on "%s"', (text) => {
    expect(mistakesIn({ GATEWAY_LISTEN: text })).toContain(
      `GATEWAY_LISTEN: "${text}" is not host:port`,
    );
  });
});

describe('who may come to the admin listener', () => {
  it('is a list of addresses and networks of both families', () => {
    const { adminAllowedPeers } = loadSettings({
      ADMIN_ALLOWED_CIDRS: '172.18.0.1/32, 10.0.0.0/8,192.168.1.7 ,fd00:1::/32',
    });
    const inside = ['172.18.0.1', '10.255.0.1', '192.168.1.7'];
    const outside = ['172.18.0.2', '11.0.0.1', '192.168.1.8', '127.0.0.1'];
    expect(inside.filter((address) => adminAllowedPeers.check(address))).toEqual(inside);
    expect(outside.filter((address) => adminAllowedPeers.check(address))).toEqual([]);
    expect(adminAllowedPeers.check('fd00:1:2::3', 'ipv6')).toBe(true);
    expect(adminAllowedPeers.check('fd00:2::3', 'ipv6')).toBe(false);
  });

  it.each([
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/x',
    '10.0.0.0/1e1',
    '10.0.0.0/0x8',
    '10.0.0.0/8/32',
    '10.0.0.256',
    '10.0.0',
    '010.0.0.1',
    'fd00::/129',
    '[::1]',
    '*',
  ])('is not %s', (entry) => {
    expect(mistakesIn({ ADMIN_ALLOWED_CIDRS: `127.0.0.1,${entry}` })).toContain(
      `ADMIN_ALLOWED_CIDRS: "${entry}" is not an address or a network`,
    );
  });

  it.each(['', ' ', ','])('is not nobody ("%s"): the admin listener would be of no use', (text) => {
    expect(mistakesIn({ ADMIN_ALLOWED_CIDRS: text })).toContain('ADMIN_ALLOWED_CIDRS: it is empty');
    expect(mistakesIn({ ADMIN_ALLOWED_HOSTS: text })).toContain('ADMIN_ALLOWED_HOSTS: it is empty');
  });
});

describe('the names of the admin listener', () => {
  it('are host names, in whatever case they were written', () => {
    const ADMIN_ALLOWED_HOSTS = 'Packyard.Internal, 10.0.0.7,[FD00::7]';
    expect(loadSettings({ ADMIN_ALLOWED_HOSTS }).adminAllowedHosts).toEqual([
      'packyard.internal',
      '10.0.0.7',
      '[fd00::7]',
    ]);
  });

  it.each(['http://localhost', 'localhost:8088', 'localhost/', '::1', '*', 'a b', '[localhost]'])(
    'are none such as "%s"',
    (entry) => {
      expect(mistakesIn({ ADMIN_ALLOWED_HOSTS: `localhost,${entry}` })).toContain(
        `ADMIN_ALLOWED_HOSTS: "${entry}" is not a host name`,
      );
    },
  );
});

describe('a URL', () => {
  it.each([
    ['https://pkg.example.org', 'https://pkg.example.org'],
    ['https://pkg.example.org/', 'https://pkg.example.org'],
    ['https://pkg.example.org//', 'https://pkg.example.org'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['https://PKG.example.org:443/lts/', 'https://pkg.example.org/lts'],
    ['http://[::1]:8000', 'http://[::1]:8000'],
    ['', ''],
  ])('%s is taken without its trailing slash', (text, expected) => {
    expect(loadSettings({ PUBLIC_URL: text }).publicUrl).toBe(expected);
    expect(loadSettings({ REGISTRY_URL: text }).registryUrl).toBe(expected || undefined);
  });

  it.each([
    'pkg.example.org',
    'https://',
    'ftp://pkg.example.org',
    'file:///srv',
    'https://pkg.example.org/?a=b',
    'https://pkg.example.org/?',
    'https://pkg.example.org/#a',
    'https://pkg.example.org/#',
    'https://user@pkg.example.org',
    'https://user:hunter2@pkg.example.org',
    'https://:hunter2@pkg.example.org',
    'https://user:hunter2@pkg.example.org:port',
  ])('is not %s, and no password in it is repeated', (text) => {
    const message = mistakesIn({ PUBLIC_URL: text, REGISTRY_URL: text });
    expect(message).toContain('PUBLIC_URL: ');
    expect(message).toContain('REGISTRY_URL: ');
    expect(message).not.toContain('hunter2');
  });
});

describe('DATABASE_URL', () => {
  it.each([
    DATABASE_URL,
    'postgres://packyard@localhost/packyard',
    'postgres://packyard@localhost/packyard?host=%2Frun%2Fpostgresql&sslmode=disable',
    'postgresql:///packyard?host=/run/postgresql',
    'postgresql://',
  ])('%s is taken as it is', (url) => {
    expect(loadSettings({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  it.each([
    'mysql://packyard:hunter2@db/packyard',
    'packyard:hunter2@db/packyard',
    'postgres:packyard:hunter2@db/packyard',
    'postgres://packyard:hunter2@db:port/packyard',
    'host=db user=packyard password=hunter2',
    ' postgres://packyard:hunter2@db/packyard',
  ])('is not %s, and its password is not repeated', (url) => {
    const message = mistakesIn({ DATABASE_URL: url, AUTH_MAX_STALENESS: 'x' });
    expect(message).toContain('DATABASE_URL: it is not a PostgreSQL URI');
    expect(message).not.toContain('hunter2');
  });
});

describe('the bound on staleness', () => {
  it.each([
    ['2', 2],
    ['60', 60],
    ['3600', 3600],
  ])('may be %s seconds', (text, expected) => {
    expect(loadSettings({ AUTH_MAX_STALENESS: text }).authMaxStaleness).toBe(expected);
  });

  it.each(['1', '0', '-5', '3601', '1.5', '1e2', '60s', 'PT1M', '', ' 60'])(
    'may not be "%s"',
    (text) => {
      expect(mistakesIn({ AUTH_MAX_STALENESS: text })).toContain(
        'AUTH_MAX_STALENESS: ' + `"${text}" is not a whole number of seconds from 2 to 3600`,
      );
    },
  );
});

describe('folders', () => {
  it('are absolute, and the published tree follows the data folder unless it is set', () => {
    expect(loadSettings({ PACKYARD_DATA_DIR: 'data' })).toMatchObject({
      dataDir: resolve('data'),
      publishedDir: resolve('data/published'),
    });
    expect(loadSettings({ PACKYARD_DATA_DIR: 'data', PUBLISHED_DIR: '/srv/www' })).toMatchObject({
      publishedDir: '/srv/www',
    });
  });

  it('that are set to nothing are where they are by default', () => {
    const nothing = {
      PACKYARD_DATA_DIR: '',
      PUBLISHED_DIR: '',
      PUBLIC_KEYS_DIR: '',
      PACKYARD_CONFIG: '',
    };
    expect(loadSettings(nothing)).toMatchObject({
      dataDir: resolve('.packyard'),
      publishedDir: resolve('.packyard/published'),
      publicKeysDir: resolve('static/content/gpg'),
      catalogueFile: resolve('config/packyard.yml'),
    });
  });
});

describe('mistakes', () => {
  it('are all named at once, each with its setting', () => {
    const message = mistakesIn({
      AUTH_LISTEN: '8080',
      PUBLIC_URL: 'pkg.example.org',
      DATABASE_URL: 'mysql://db',
      AUTH_MAX_STALENESS: '0',
      ADMIN_ALLOWED_CIDRS: 'localhost',
      ADMIN_ALLOWED_HOSTS: '*',
      LOG_LEVEL: 'loud',
    });
    const lines = message.split('\n');
    expect(lines[0]).toBe('These settings cannot be used:');
    expect(lines.slice(1, -1).map((line) => /^ {2}(\w+): \S/.exec(line)?.[1])).toEqual([
      'AUTH_LISTEN',
      'PUBLIC_URL',
      'DATABASE_URL',
      'AUTH_MAX_STALENESS',
      'ADMIN_ALLOWED_CIDRS',
      'ADMIN_ALLOWED_HOSTS',
      'LOG_LEVEL',
    ]);
    expect(lines.at(-1)).toContain('docs/configuration.md');
  });

  it('say which log levels there are', () => {
    expect(mistakesIn({ LOG_LEVEL: 'loud' })).toMatch(/LOG_LEVEL: .*trace.*info.*fatal/);
  });
});

describe('production', () => {
  it.each([
    ['production', true],
    ['development', false],
    ['Production', false],
    ['', false],
  ])('NODE_ENV=%s: %s', (text, expected) => {
    expect(loadSettings({ NODE_ENV: text }).production).toBe(expected);
  });
});

describe('staging', () => {
  const credentials = { STAGING_ACCESS_KEY: 'packyard', STAGING_SECRET_KEY: 'hunter2/+=' };

  it('is a folder in the data folder unless it is set', () => {
    expect(loadSettings({ PACKYARD_DATA_DIR: 'data' }).staging).toEqual({
      kind: 'folder',
      folder: resolve('data/staging'),
    });
    expect(loadSettings({ STAGING_URL: '' }).staging).toEqual({
      kind: 'folder',
      folder: resolve('.packyard/staging'),
    });
    expect(loadSettings({ STAGING_URL: '/srv/staging', ...credentials }).staging).toEqual({
      kind: 'folder',
      folder: '/srv/staging',
    });
  });

  it.each([
    ['s3://staging?endpoint=http://rustfs:9000', 'http://rustfs:9000'],
    ['s3://staging/?endpoint=http://rustfs:9000/', 'http://rustfs:9000'],
    ['s3://staging?endpoint=http%3A%2F%2F127.0.0.1%3A9000', 'http://127.0.0.1:9000'],
    ['s3://staging?endpoint=https://s3.example.org', 'https://s3.example.org'],
    ['s3://staging?endpoint=http://[::1]:9000', 'http://[::1]:9000'],
  ])('is a bucket: %s', (STAGING_URL, endpoint) => {
    expect(loadSettings({ STAGING_URL, ...credentials }).staging).toEqual({
      kind: 's3',
      bucket: 'staging',
      endpoint,
      accessKey: 'packyard',
      secretKey: 'hunter2/+=',
    });
  });

  it.each([
    's3://staging',
    's3://staging?endpoint=',
    's3://staging?endpoint=rustfs:9000',
    's3://staging?endpoint=http://rustfs:9000/path',
    's3://staging?endpoint=http://user:hunter2@rustfs:9000',
    's3://user:hunter2@staging?endpoint=http://rustfs:9000',
    's3://staging?endpoint=http://rustfs:9000&secret=hunter2',
    's3://staging?endpoint=http://a&endpoint=http://b',
    's3://staging/folder?endpoint=http://rustfs:9000',
    's3://St?endpoint=http://rustfs:9000',
    's3://?endpoint=http://rustfs:9000',
    'http://user:hunter2@rustfs:9000/staging',
    'file:///srv/staging',
  ])('is not %s, and no password in it is repeated', (STAGING_URL) => {
    const message = mistakesIn({ STAGING_URL, ...credentials });
    expect(message).toContain('STAGING_URL: it must be a folder, or an S3 server');
    expect(message).not.toContain('hunter2');
  });

  it('on S3 needs both keys, and says which is missing beside all else', () => {
    const STAGING_URL = 's3://staging?endpoint=http://rustfs:9000';
    const message = mistakesIn({ STAGING_URL, STAGING_ACCESS_KEY: 'x', AUTH_LISTEN: '8080' });
    expect(message).toContain('STAGING_SECRET_KEY: it is empty, and STAGING_URL is an S3 server');
    expect(message).not.toContain('STAGING_ACCESS_KEY');
    expect(message).toContain('AUTH_LISTEN: ');
  });

  it.each(['hunter2 ', 'hunter2\n', 'hünter2', 'hunter2\0'])(
    'has no credential such as %j, and does not repeat it',
    (credential) => {
      const STAGING_URL = 's3://staging?endpoint=http://rustfs:9000';
      const message = mistakesIn({
        STAGING_URL,
        STAGING_ACCESS_KEY: credential,
        STAGING_SECRET_KEY: credential,
      });
      expect(message).toContain('STAGING_ACCESS_KEY: it holds white space');
      expect(message).toContain('STAGING_SECRET_KEY: it holds white space');
      expect(message).not.toMatch(/h.nter2/);
    },
  );
});
