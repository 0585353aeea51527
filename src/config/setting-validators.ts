import { BlockList, isIP } from 'node:net';
import { EnvError, makeValidator } from 'envalid';

/** Where a listener binds. Port 0 lets the system choose; the start logs which. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `by database` is no input but a default: on with the embedded database, else off. */
export type ListenSetting = ListenAddress | 'off' | 'by database';

/** `host:port`, `[v6]:port`, or empty for "off". */
export const listenAddress = makeValidator<ListenSetting>((input) => {
  if (input === '' || input === 'off') return 'off';
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(input);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new EnvError(
      `"${input}" is not host:port; write e.g. 127.0.0.1:8080, or nothing to turn it off`,
    );
  }
  return { host, port };
});

/** A comma-separated list of addresses and networks in CIDR notation. */
export const cidrList = makeValidator<BlockList>((input) => {
  const list = new BlockList();
  const entries = splitList(input);
  if (entries.length === 0) throw new EnvError('it is empty; write e.g. 127.0.0.0/8,::1/128');
  for (const entry of entries) {
    const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const length = Number(prefix ?? bits);
    if (version === 0 || length > bits) {
      throw new EnvError(`"${entry}" is not an address or a network such as 172.18.0.1/32`);
    }
    list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
});

/** A comma-separated list of host names as a `Host` header has them, without a port. */
export const hostList = makeValidator<readonly string[]>((input) => {
  const entries = splitList(input).map((entry) => entry.toLowerCase());
  if (entries.length === 0) throw new EnvError('it is empty; write e.g. 127.0.0.1,localhost');
  for (const entry of entries) {
    if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)$/.test(entry)) {
      throw new EnvError(`"${entry}" is not a host name; leave out scheme, port and path`);
    }
  }
  return entries;
});

/** Whole seconds within bounds. */
export const seconds = (least: number, most: number) =>
  wholeNumber(least, most, 'a whole number of seconds');

/** A whole number within bounds. */
export const count = (least: number, most: number) => wholeNumber(least, most, 'a whole number');

function wholeNumber(least: number, most: number, what: string) {
  return makeValidator<number>((input) => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < least || value > most) {
      throw new EnvError(`"${input}" is not ${what} from ${least} to ${most}`);
    }
    return value;
  });
}

/**
 * An http(s) URL without user, query or fragment; a trailing slash is dropped. Empty: none. Never
 * echoed: who puts a password into it should not find that in the log.
 */
export const httpUrl = makeValidator<string>((input) => {
  if (input === '') return '';
  if (!/^https?:\/\/[^@?#]+$/i.test(input) || !URL.canParse(input)) {
    throw new EnvError(
      'it must be http:// or https:// with a host, no user, and nothing behind the path; write e.g. https://pkg.example.org',
    );
  }
  return new URL(input).href.replace(/\/+$/, '');
});

/** A PostgreSQL connection URI (libpq, section 34.1.1.2). Empty: none. Never echoed: it holds a password. */
export const postgresUrl = makeValidator<string>((input) => {
  if (input === '') return '';
  if (
    !/^postgres(?:ql)?:\/\//.test(input) ||
    !URL.canParse(input.replace(/^\w+:\/\/(?=\/|\?|$)/, 'postgresql://localhost'))
  ) {
    throw new EnvError(
      'it is not a PostgreSQL URI such as postgresql://user:password@host:5432/packyard',
    );
  }
  return input;
});

/** Where staged packages lie. A folder that is not named is in the data folder. */
export type StagingLocation =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly endpoint: string };

/** What S3 takes as a bucket's name ("General purpose bucket naming rules"), as far as servers agree on it. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** A folder, or `s3://bucket?endpoint=http://host:port`. Never echoed: people put passwords into URLs. */
export const stagingLocation = makeValidator<StagingLocation>((input) => {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(input)) return { kind: 'folder', folder: input };
  const [, bucket = '', query = ''] = /^s3:\/\/([^/?#@]*)\/?\?([^#]*)$/.exec(input) ?? [];
  const parameters = new URLSearchParams(query);
  const endpoint = parameters.get('endpoint') ?? '';
  if (
    !BUCKET.test(bucket) ||
    parameters.size !== 1 ||
    !/^https?:\/\/[^@?#/]+\/?$/.test(endpoint) ||
    !URL.canParse(endpoint)
  ) {
    throw new EnvError(
      'it must be a folder, or an S3 server as s3://bucket?endpoint=http://host:port with no user, path or other parameter; write e.g. s3://staging?endpoint=http://127.0.0.1:9000',
    );
  }
  return { kind: 's3', bucket, endpoint: new URL(endpoint).origin };
});

/** An access key or a secret. Never echoed. */
export const credential = makeValidator<string>((input) => {
  if (!/^[\x21-\x7E]*$/.test(input)) {
    throw new EnvError('it holds white space, or a character that is not ASCII; write it without');
  }
  return input;
});

function splitList(input: string): string[] {
  return input
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
