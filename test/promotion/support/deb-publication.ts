import { cp, link, mkdir, mkdtemp, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Component } from '../../../src/components/catalogue.js';
import { DebBuilder } from '../../../src/promotion/deb/deb-builder.js';
import { parseDebTarget } from '../../../src/promotion/deb/deb-target.js';
import { fileHashes } from '../../../src/promotion/deb/file-hashes.js';
import type { SnapshotFile } from '../../../src/promotion/format-builder.js';
import type { ReleaseDocument, ReleasePackage } from '../../../src/promotion/release.js';
import type { SigningKey } from '../../clients/support/signing-key.js';

export const component: Component = {
  name: 'core',
  description: '',
  visibility: 'private',
  series: ['2025'],
  deb: { distributions: ['bookworm', 'trixie'], architectures: ['amd64', 'arm64'] },
};
export const publication = { component: 'core', series: '2025', format: 'deb' } as const;

export interface Release {
  readonly folder: string;
  readonly document: ReleaseDocument;
}

/** A package under the target that it was staged under. */
export interface Staged {
  readonly target: string;
  readonly file: string;
}

/** Makes one release of `deb/core/2025` after another, as a promotion does, without the rest of Packyard. */
export class DebPublication {
  private count = 0;

  private constructor(
    readonly folder: string,
    readonly builder: DebBuilder,
    readonly key: SigningKey,
    readonly publicKeyFile: string,
    private readonly component: string,
  ) {}

  static async create(
    folder: string,
    key: SigningKey,
    publicKeyFile: string,
    component = publication.component as string,
  ) {
    const own = await mkdtemp(join(folder, 'publication-'));
    return new DebPublication(
      own,
      new DebBuilder(join(own, 'cache')),
      key,
      publicKeyFile,
      component,
    );
  }

  /** The next release, built and signed, and not verified. */
  async build(next: {
    readonly base?: Release;
    readonly added?: readonly Staged[];
    /** File names. */
    readonly removed?: readonly string[];
    readonly now?: Date;
  }): Promise<Release> {
    const { base, added = [], removed = [], now = new Date() } = next;
    const id = `${(this.count += 1)}`;
    const folder = join(this.folder, id);
    await mkdir(folder);
    const isRemoved = ({ path }: ReleasePackage) => removed.includes(basename(path));
    const before = base?.document.packages ?? [];
    const kept = before
      .filter((each) => !isRemoved(each))
      .map((entry) => ({ entry, source: join(base!.folder, entry.path) }));
    const fresh = await Promise.all(added.map((each) => this.inspect(each)));
    const packages = [...kept, ...fresh];
    const changed = [...fresh.map(({ entry }) => entry), ...before.filter(isRemoved)];

    const tasks = await this.builder.build({
      publication: { ...publication, component: this.component },
      component,
      folder,
      ...(base && { base }),
      packages,
      extras: [],
      changedTargets: [...new Set(changed.map(({ target }) => target))],
      now,
    });
    for (const { form, path, signaturePath } of tasks) {
      const files = [join(folder, path), join(folder, signaturePath)] as const;
      await (form === 'detached' ? this.key.signDetached(...files) : this.key.signInline(...files));
    }
    const document: ReleaseDocument = {
      version: 1,
      id,
      publication,
      kind: 'promotion',
      promotion: id,
      target: changed[0]?.target ?? '',
      base: base?.document.id ?? null,
      created_at: now.toISOString(),
      actor: 'test',
      packages: packages.map(({ entry }) => entry),
      extras: [],
      carried: [],
    };
    return { folder, document };
  }

  /** The next release, verified. */
  async release(next: Parameters<DebPublication['build']>[0]): Promise<Release> {
    const release = await this.build(next);
    await this.verify(release, next.base);
    return release;
  }

  verify({ folder, document }: Release, verified?: Release): Promise<void> {
    return this.builder.verify(folder, document, this.publicKeyFile, verified);
  }

  async inspect({ target, file }: Staged): Promise<SnapshotFile<ReleasePackage>> {
    const staged = await this.builder.inspect(file, { ...publication, target });
    if (staged.kind !== 'package') throw new Error(`${file} is no package`);
    const { kind: _, ...entry } = staged;
    const { size } = await stat(file);
    const { sha256 } = await fileHashes(file, ['sha256']);
    return { entry: { target, size, sha256, ...entry }, source: file };
  }
}

/** A copy of a release to be damaged: nothing of it is shared with the original. */
export async function copyOf({ folder, document }: Release): Promise<Release> {
  const copy = await mkdtemp(`${folder}-copy-`);
  await cp(folder, copy, { recursive: true });
  return { folder: copy, document };
}

/** Carries a file of an earlier release over, as the tree does when it left the metadata. */
export async function carry(from: Release, to: Release, path: string): Promise<Release> {
  await mkdir(dirname(join(to.folder, path)), { recursive: true });
  await link(join(from.folder, path), join(to.folder, path));
  const carried = [...to.document.carried, { path, left_at: new Date().toISOString() }];
  return { ...to, document: { ...to.document, carried } };
}

export const readText = ({ folder }: Release, path: string) => readFile(join(folder, path), 'utf8');

export const distributionOf = (target: string) => parseDebTarget(target).distribution;
