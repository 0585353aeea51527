import { ElementDigest } from './element-digest.js';
import { MetadataProblem } from './metadata-problem.js';
import { StrictXml } from './strict-xml.js';

/** The three lists of a repository's packages. */
export const PACKAGE_LISTS = ['primary', 'filelists', 'other'] as const;
export type PackageListType = (typeof PACKAGE_LISTS)[number];

/** What one of the lists says of a package. */
export interface ListedPackage {
  /** Of its file: the `pkgid` by which the lists know it. */
  readonly sha256: string;
  readonly name: string;
  /** `src` for source packages of any kind. */
  readonly architecture: string;
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  /** `primary` alone has these. */
  readonly path?: string;
  readonly size?: number;
  /** Of everything that the list says of it, but when its file was last written. */
  readonly digest: string;
}

const roots = {
  primary: {
    name: 'metadata',
    namespaces: {
      xmlns: 'http://linux.duke.edu/metadata/common',
      'xmlns:rpm': 'http://linux.duke.edu/metadata/rpm',
    },
  },
  filelists: {
    name: 'filelists',
    namespaces: { xmlns: 'http://linux.duke.edu/metadata/filelists' },
  },
  other: { name: 'otherdata', namespaces: { xmlns: 'http://linux.duke.edu/metadata/other' } },
} as const;

const packagePath = /^(?:Packages|SRPMS)\/[A-Za-z0-9_][A-Za-z0-9._+~^-]*\.rpm$/;
const mostPackages = 1_000_000;

/** An element of a package, `<checksum>`, with its text so far. */
interface Field {
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/**
 * Reads a list as it streams by: of each package little more than its digest is kept.
 * @throws MetadataProblem
 */
export async function readPackageList(
  type: PackageListType,
  chunks: AsyncIterable<Uint8Array>,
): Promise<ListedPackage[]> {
  const reader = new PackageListReader(type);
  const xml = new StrictXml(`${type}.xml`, reader);
  for await (const chunk of chunks) xml.write(chunk);
  xml.end();
  return reader.finish();
}

class PackageListReader {
  private readonly packages: ListedPackage[] = [];
  private declared = -1;
  private depth = 0;
  private digest!: ElementDigest;
  private attributes!: Readonly<Record<string, string>>;
  private fields!: Map<string, Field>;
  private field: Field | undefined;

  constructor(private readonly type: PackageListType) {}

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.depth += 1;
    if (this.depth === 1) return this.openRoot(name, attributes);
    if (this.depth === 2) this.openPackage(name, attributes);
    else if (this.depth === 3) this.openField(name, attributes);
    this.digest.openElement(
      name,
      this.depth === 3 ? withoutFileTime(name, attributes) : attributes,
    );
  }

  text(text: string): void {
    if (this.depth >= 2) {
      this.digest.text(text);
      if (this.depth === 3) this.field!.text += text;
    } else if (text.trim() !== '') this.fail('it holds text between its packages');
  }

  close(): void {
    this.depth -= 1;
    if (this.depth >= 1) this.digest.closeElement();
    if (this.depth === 1) this.packages.push(this.closePackage());
  }

  finish(): ListedPackage[] {
    if (this.packages.length !== this.declared) {
      this.fail(
        `it says that it lists ${this.declared} packages, and lists ${this.packages.length}`,
      );
    }
    return this.packages;
  }

  private openRoot(name: string, { packages = '', ...others }: Readonly<Record<string, string>>) {
    const root = roots[this.type];
    const wanted = Object.entries(root.namespaces);
    const exact =
      name === root.name &&
      Object.keys(others).length === wanted.length &&
      wanted.every(([attribute, value]) => others[attribute] === value);
    if (!exact || !/^(0|[1-9][0-9]{0,8})$/.test(packages)) this.fail(`its root is <${name} …>`);
    this.declared = Number(packages);
    if (this.declared > mostPackages) this.fail(`it lists more than ${mostPackages} packages`);
  }

  private openPackage(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name !== 'package') this.fail(`it holds <${name}> between its packages`);
    if (this.packages.length >= this.declared) this.fail('it lists more packages than it says');
    this.digest = new ElementDigest();
    this.attributes = attributes;
    this.fields = new Map();
  }

  private openField(name: string, attributes: Readonly<Record<string, string>>): void {
    this.field = { attributes, text: '' };
    if (!(name in identifying)) return;
    if (this.fields.has(name)) this.fail(`a package has <${name}> twice`);
    this.fields.set(name, this.field);
  }

  private closePackage(): ListedPackage {
    const digest = this.digest.digest();
    const { epoch = '', ver = '', rel = '' } = this.fieldOf('version').attributes;
    const evr = { epoch, version: ver, release: rel, digest };
    if (this.type !== 'primary') {
      const { pkgid = '', name = '', arch = '' } = this.attributes;
      return { sha256: this.toSha256(pkgid), name, architecture: arch, ...evr };
    }

    if (this.attributes.type !== 'rpm') this.fail('it lists something that is no RPM');
    const checksum = this.fieldOf('checksum');
    if (checksum.attributes.type !== 'sha256' || checksum.attributes.pkgid !== 'YES') {
      this.fail('a package has no SHA-256');
    }
    const location = this.fieldOf('location').attributes;
    const { href = '' } = location;
    if (Object.keys(location).length !== 1 || !packagePath.test(href)) {
      this.fail(`a package is at ${JSON.stringify(location)}`);
    }
    const size = this.fieldOf('size').attributes.package ?? '';
    if (!/^[1-9][0-9]{0,14}$/.test(size)) this.fail(`${href} has the size ${JSON.stringify(size)}`);
    return {
      sha256: this.toSha256(checksum.text),
      name: this.fieldOf('name').text,
      architecture: this.fieldOf('arch').text,
      ...evr,
      path: href,
      size: Number(size),
    };
  }

  private fieldOf(name: keyof typeof identifying): Field {
    return this.fields.get(name) ?? this.fail(`a package has no <${name}>`);
  }

  private toSha256(text: string): string {
    return /^[0-9a-f]{64}$/.test(text) ? text : this.fail('a package has no SHA-256');
  }

  private fail(reason: string): never {
    throw new MetadataProblem(`${this.type}.xml is not as createrepo_c writes it: ${reason}`);
  }
}

/** The elements by which a package is known, each there once. */
const identifying = {
  name: true,
  arch: true,
  version: true,
  checksum: true,
  location: true,
  size: true,
} as const;

/** When the file was written differs from machine to machine, and clients make nothing of it. */
function withoutFileTime(
  name: string,
  attributes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (name !== 'time' || !/^[0-9]{1,12}$/.test(attributes.file ?? '')) return attributes;
  return { ...attributes, file: '' };
}
