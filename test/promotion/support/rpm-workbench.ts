import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Component } from '../../../src/components/catalogue.js';
import { RpmBuilder } from '../../../src/promotion/rpm/rpm-builder.js';
import type { Destination } from '../../../src/promotion/publication.js';
import { publicationOf } from '../../../src/promotion/publication.js';
import type {
  ReleaseDocument,
  ReleaseExtra,
  ReleasePackage,
} from '../../../src/promotion/release.js';
import { type PackageKey, signPackages } from '../../../src/signer/rpm/sign-packages.js';
import { SigningKey } from '../../clients/support/signing-key.js';
import { buildSampleRpm, type SampleRpm } from './sample-rpm.js';

export const destination: Destination = {
  component: 'core',
  series: '2025',
  format: 'rpm',
  target: 'el9-x86_64',
};

export const component: Component = {
  name: 'core',
  description: 'Core server',
  visibility: 'private',
  series: ['2025'],
  rpm: { targets: ['el9-x86_64'] },
};

export interface Snapshot {
  folder: string;
  document: ReleaseDocument;
}

export interface SignedRpm {
  entry: ReleasePackage;
  source: string;
  staged: string;
  signature: Buffer;
}

/** Does by hand what a promotion does: inspect, sign, build, sign the metadata. */
export class RpmWorkbench {
  private count = 0;
  private clock = Date.now() - 60 * 60_000;

  private constructor(
    readonly folder: string,
    readonly key: SigningKey,
    readonly publicKeyFile: string,
    readonly builder: RpmBuilder,
  ) {}

  static async create(): Promise<RpmWorkbench> {
    const folder = await mkdtemp(join(tmpdir(), 'packyard-rpm-'));
    const key = await SigningKey.create(folder);
    const publicKeyFile = join(folder, 'lts.asc');
    await writeFile(publicKeyFile, await key.publicKey());
    return new RpmWorkbench(folder, key, publicKeyFile, new RpmBuilder(join(folder, 'work')));
  }

  async close(): Promise<void> {
    await this.key.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  newFolder(): Promise<string> {
    return mkdtemp(join(this.folder, 'folder-'));
  }

  build(sample: SampleRpm): Promise<string> {
    return buildSampleRpm(this.folder, sample);
  }

  /** A signed package, by way of the signer and the server. */
  async sign(staged: string): Promise<SignedRpm> {
    const inspected = await this.builder.inspect(staged, destination);
    if (inspected.kind !== 'package') throw new Error(`${staged} is no package`);
    const own = join(await this.newFolder(), basename(staged));
    await copyFile(staged, own);
    const signature = await signInPlace(own, {
      gnupgHome: this.key.home,
      fingerprint: this.key.fingerprint,
      passphraseFile: this.key.passphraseFile,
    });
    const source = join(await this.newFolder(), basename(staged));
    await this.builder.packageSignature.apply(staged, signature, source, this.publicKeyFile);
    const { kind: _kind, ...rest } = inspected;
    const bytes = await readFile(source);
    const entry = {
      ...rest,
      target: destination.target,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    return { entry, source, staged, signature };
  }

  async signedSample(sample: SampleRpm): Promise<SignedRpm> {
    return this.sign(await this.build(sample));
  }

  /** A staged comps, updateinfo or modules. */
  async extra(name: string, content: string | Buffer) {
    const source = join(await this.newFolder(), name);
    await writeFile(source, content);
    const inspected = await this.builder.inspect(source, destination);
    if (inspected.kind !== 'extra') throw new Error(`${name} is no extra`);
    const { kind: _kind, ...rest } = inspected;
    const entry: ReleaseExtra = { ...rest, target: destination.target };
    return { entry, source };
  }

  /** A release of these, signed. */
  async release({
    packages,
    extras = [],
    base,
    restored,
    sign = true,
    now = this.nextTime(),
  }: {
    packages: readonly { entry: ReleasePackage; source: string }[];
    extras?: readonly { entry: ReleaseExtra; source: string }[];
    base?: Snapshot;
    restored?: Snapshot;
    sign?: boolean;
    now?: Date;
  }): Promise<Snapshot & { tasks: number }> {
    const folder = join(this.folder, `snapshot-${(this.count += 1)}`);
    await mkdir(folder);
    const publication = publicationOf(destination);
    const tasks = await this.builder.build({
      publication,
      component,
      folder,
      base,
      packages,
      extras,
      changedTargets: [destination.target],
      restored,
      now,
    });
    if (sign) {
      for (const { path, signaturePath } of tasks) {
        await this.key.signDetached(join(folder, path), join(folder, signaturePath));
      }
    }
    const document: ReleaseDocument = {
      version: 1,
      id: `r${this.count}`,
      publication,
      kind: 'promotion',
      promotion: `p${this.count}`,
      target: destination.target,
      base: base?.document.id ?? null,
      created_at: now.toISOString(),
      actor: 'test',
      packages: packages.map(({ entry }) => entry),
      extras: extras.map(({ entry }) => entry),
      carried: [],
    };
    return { folder, document, tasks: tasks.length };
  }

  verify({ folder, document }: Snapshot, verified?: Snapshot): Promise<void> {
    return this.builder.verify(folder, document, this.publicKeyFile, verified);
  }

  /** Each release is later than the one before, all of them in the last hour. */
  private nextTime(): Date {
    return new Date((this.clock += 10_000));
  }
}

/** Packages and extras of a release, to be built from again. */
export function filesOf({ folder, document }: Snapshot) {
  const from = <T extends { path: string }>(entries: readonly T[]) =>
    entries.map((entry) => ({ entry, source: join(folder, entry.path) }));
  return { packages: from(document.packages), extras: from(document.extras) };
}

export async function inodeOf(file: string): Promise<number> {
  return (await stat(file)).ino;
}

/** As the signer does it. @returns the signature */
export async function signInPlace(file: string, key: PackageKey): Promise<Buffer> {
  const [signature] = await signPackages(dirname(file), [basename(file)], key);
  return signature!;
}
