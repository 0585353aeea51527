/** Where subscribers reach the packages, in the forms that their clients want. */
export interface SiteAddress {
  /** `https://pkg.example.org`, without a trailing slash; with a path where the setting has one. */
  readonly url: string;
  /** With the port where there is one, as it stands in the name of an image. */
  readonly host: string;
  /** Without the port. */
  readonly hostname: string;
  /** No TLS: a trial. apt then wants to be told that the key may be sent all the same. */
  readonly plainHttp: boolean;
  /** The host as a name that every client takes for a file, a section or a secret: `pkg-example-org`. */
  readonly slug: string;
}

/** Characters. With a component's name behind it, it stays below the 255 bytes of a file's name. */
const LONGEST_SLUG = 100;

/** What stands in texts while nobody has said where subscribers come in. */
const UNKNOWN: SiteAddress = {
  url: 'https://<HOST>',
  host: '<HOST>',
  hostname: '<HOST>',
  plainHttp: false,
  slug: 'packyard',
};

/**
 * The address in forms that hold nothing a shell, an INI file or YAML reads as its own: a URL's host
 * has no such character, and in its path they are percent-encoded.
 *
 * @param url of http or https; empty: it is not known
 */
export function siteAddress(url: string): SiteAddress {
  if (url === '') return UNKNOWN;
  const { origin, host, hostname, protocol, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, '').replace(/[^A-Za-z0-9._~/%-]/g, percentEncoded);
  return {
    url: origin + path,
    host,
    hostname,
    plainHttp: protocol === 'http:',
    slug: slugOf(host),
  };
}

function slugOf(host: string): string {
  const slug = host.replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '');
  return slug.slice(0, LONGEST_SLUG).replace(/-+$/, '');
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
