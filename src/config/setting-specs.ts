import { BlockList } from 'node:net';
import { str } from 'envalid';
import {
  cidrList,
  count,
  credential,
  hostList,
  httpUrl,
  listenAddress,
  postgresUrl,
  seconds,
  stagingLocation,
} from './setting-validators.js';

/** Loopback, IPv4 and IPv6 (RFC 1122, RFC 4291). */
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addSubnet('::1', 128, 'ipv6');

/**
 * Every setting there is: its meaning, its check and its default. `docs/configuration.md`
 * is generated from this table (`npm run docs`).
 *
 * `example` is what the page shows as the default; a default that is not text cannot say it itself.
 */
export const settingSpecs = {
  AUTH_LISTEN: listenAddress({
    desc: 'Where Traefik asks `GET /auth`, and where `/health/live` and `/health/ready` answer. Empty turns it off.',
    default: { host: '127.0.0.1', port: 8080 },
    example: '127.0.0.1:8080',
  }),
  ADMIN_LISTEN: listenAddress({
    desc: 'Where the admin API (`/api/v1`) and its documentation (`/docs`) answer. The process that has it also migrates the database and reads the catalogue. Empty turns it off.',
    default: { host: '127.0.0.1', port: 8088 },
    example: '127.0.0.1:8088',
  }),
  METRICS_LISTEN: listenAddress({
    desc: 'Where Prometheus reads `/metrics`. Empty turns it off.',
    default: { host: '127.0.0.1', port: 9090 },
    example: '127.0.0.1:9090',
  }),
  GATEWAY_LISTEN: listenAddress({
    desc: 'Where packages are served without Traefik and nginx: a first run, a test. Empty turns it off. The default is on only with the embedded database.',
    default: 'by database',
    example: '127.0.0.1:8000 with the embedded database, else off',
  }),
  PUBLIC_URL: httpUrl({
    desc: 'What subscribers type: the scheme and host of the package URLs.',
    default: '',
    example: "the gateway's address",
  }),
  DATABASE_URL: postgresUrl({
    desc: 'The PostgreSQL server. Empty: a real PostgreSQL of its own, in the data folder.',
    default: '',
    example: 'empty, the embedded database',
  }),
  DATABASE_PASSWORD_FILE: str({
    desc: 'A file with the password for the server of DATABASE_URL, which then holds none itself: for a container, whose environment is no place for secrets.',
    default: '',
    example: 'empty, DATABASE_URL says all',
  }),
  PACKYARD_DATA_DIR: str({
    desc: 'Where everything of this installation is kept: the embedded database, the published tree, development signing keys.',
    default: '.packyard',
    example: '.packyard',
  }),
  KEY_JOURNAL_DIR: str({
    desc: 'A folder, on another volume than the database, in which every change of keys is also written down before it is answered: hashes, never a secret. What a restored backup lacks is replayed from it. It has to be there already.',
    default: '',
    example: 'empty, no journal',
  }),
  BACKUP_DIR: str({
    desc: 'The folder in which `deploy/backup/backup.sh` keeps backups, for the status to say how old the newest is. Only its `status.json` is read.',
    default: '',
    example: 'empty, the status says nothing of backups',
  }),
  PUBLISHED_DIR: str({
    desc: 'The published tree that nginx or the gateway serves: `rpm/…` and `deb/…`.',
    default: '',
    example: '`published` in the data folder',
  }),
  PUBLIC_KEYS_DIR: str({
    desc: 'The folder with `lts.asc` and `cosign.pub`. While it holds neither, development keys are made, except with `NODE_ENV=production`.',
    default: 'static/content/gpg',
    example: 'static/content/gpg',
  }),
  PACKYARD_CONFIG: str({
    desc: 'The catalogue file: what exists, and what a key can be scoped to.',
    default: 'config/packyard.yml',
    example: 'config/packyard.yml',
  }),
  STAGING_URL: stagingLocation({
    desc: 'Where CI stages packages: a folder, or a bucket of an S3-compatible server as `s3://bucket?endpoint=http://host:port`.',
    default: { kind: 'folder', folder: '' },
    example: '`staging` in the data folder',
  }),
  STAGING_ACCESS_KEY: credential({
    desc: 'The access key of the S3 server of STAGING_URL. A folder needs none.',
    default: '',
    example: 'empty',
  }),
  STAGING_SECRET_KEY: credential({
    desc: 'The secret key that belongs to STAGING_ACCESS_KEY. It is in no log and no answer.',
    default: '',
    example: 'empty',
  }),
  RPM_FILES_URL: httpUrl({
    desc: 'The file server of RPM packages behind Traefik, such as `http://rpm:8080`. After each switch it is asked for what has become live; a promotion says it where that is not served.',
    default: '',
    example: 'the gateway, where it is on, else nobody is asked',
  }),
  DEB_FILES_URL: httpUrl({
    desc: 'The same for Debian packages.',
    default: '',
    example: 'as RPM_FILES_URL',
  }),
  REGISTRY_URL: httpUrl({
    desc: 'The OCI registry behind the gateway. Empty: `/v2` answers, and no image is there.',
    default: '',
    example: 'empty, no registry',
  }),
  REGISTRY_USERNAME: credential({
    desc: 'Who promotes images to the registry of REGISTRY_URL. Empty: it lets this process write without a login.',
    default: '',
    example: 'empty',
  }),
  REGISTRY_PASSWORD: credential({
    desc: 'The password that belongs to REGISTRY_USERNAME. It is in no log and no answer.',
    default: '',
    example: 'empty',
  }),
  REGISTRY_PASSWORD_FILE: str({
    desc: 'A file with the password that belongs to REGISTRY_USERNAME, in the place of REGISTRY_PASSWORD: for a container, whose environment is no place for secrets.',
    default: '',
    example: 'empty, REGISTRY_PASSWORD says it',
  }),
  SIGNING_TIMEOUT: seconds(
    5,
    86_400,
  )({
    desc: 'Seconds, from 5 to 86,400, for which a promotion waits for a signer that is not heard of. After that it fails, and the next one has its turn.',
    default: 900,
    example: '900',
  }),
  RELEASES_KEPT: count(
    1,
    10_000,
  )({
    desc: 'How many releases of each publication are kept to be brought back, from 1 to 10,000. What was live within 14 days is kept besides.',
    default: 20,
    example: '20',
  }),
  AUTH_MAX_STALENESS: seconds(
    2,
    3600,
  )({
    desc: 'Seconds, from 2 to 3600, for which a process that cannot reach the database goes on deciding from what it knows. After that it allows nothing. The longest that a revoked key can work, whatever fails.',
    default: 60,
    example: '60',
  }),
  ADMIN_ALLOWED_CIDRS: cidrList({
    desc: 'From which addresses the admin listener takes requests, in CIDR notation, separated by commas.',
    default: loopback,
    example: '127.0.0.0/8,::1/128',
  }),
  ADMIN_ALLOWED_HOSTS: hostList({
    desc: 'Which `Host` the admin listener answers to, with any port, separated by commas: a page in an operator’s browser must not reach it under another name.',
    default: ['127.0.0.1', 'localhost', '[::1]'],
    example: '127.0.0.1,localhost,[::1]',
  }),
  ADMIN_TOKENS_FILE: str({
    desc: 'A file of tokens, one of which every request to the admin listener then needs: for hosts where loopback is shared. It holds their SHA-256 and no secret, is read at start and on SIGHUP, and is made with `bin/packyard tokens create`.',
    default: '',
    example: 'empty, whoever reaches the listener is an operator',
  }),
  LOG_LEVEL: str({
    desc: 'The least severe log line that is written.',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    default: 'info',
    example: 'info',
  }),
  NODE_ENV: str({
    desc: '`production` refuses development signing keys. The container image sets it.',
    default: '',
    example: 'empty',
  }),
};
