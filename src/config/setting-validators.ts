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
  makeValidator<number>((input) => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < least || value > most) {
      throw new EnvError(`"${input}" is not a whole number of seconds from ${least} to ${most}`);
    }
    return value;
  });

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

function splitList(input: string): string[] {
  return input
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
