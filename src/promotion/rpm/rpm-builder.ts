import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BuildOrder, FormatBuilder, SigningTask, StagedFile } from '../format-builder.js';
import type { Destination } from '../publication.js';
import type { ReleaseDocument } from '../release.js';
import { requireTools } from '../tools/run-tool.js';
import { buildRepository } from './build-repository.js';
import { inspectExtra, isExtra } from './inspect-extra.js';
import { inspectRpm } from './inspect-rpm.js';
import { readChecked } from './metadata/checked-content.js';
import { readPackageList } from './metadata/package-list.js';
import { parseRepomd, repomdPath, repomdSignaturePath } from './metadata/repomd.js';
import { RpmTool } from './rpm-tool.js';
import { applySignature } from './sign-rpm.js';
import type { VerifiedSnapshot } from './verify-packages.js';
import { verifyRepository } from './verify-repository.js';

/** What is particular to RPM: packages that carry their signature, and metadata of createrepo_c. */
export class RpmBuilder implements FormatBuilder {
  readonly format = 'rpm';

  private readonly rpm: RpmTool;

  /** @param workFolder a folder of our own, which need not exist; what is in it can be removed at any time */
  constructor(workFolder: string) {
    this.rpm = new RpmTool(workFolder);
  }

  requireTools(): Promise<void> {
    const ofRpm = ['rpm', 'rpmkeys', 'rpmsign'] as const;
    const ofRepositories = ['createrepo_c', 'modifyrepo_c', 'repo2solv', 'dumpsolv'] as const;
    return requireTools([...ofRpm, ...ofRepositories]);
  }

  inspect(file: string, destination: Destination): Promise<StagedFile> {
    return isExtra(basename(file)) ? inspectExtra(file) : inspectRpm(this.rpm, file, destination);
  }

  readonly packageSignature = {
    form: 'rpm-header',
    apply: (staged: string, signature: Buffer, signed: string, publicKeyFile: string) =>
      applySignature(this.rpm, { staged, signature, signed, publicKeyFile }),
  } as const;

  build(order: BuildOrder): Promise<SigningTask[]> {
    return this.rpm.inWorkFolder((home) => buildRepository(order, home));
  }

  verify(
    folder: string,
    document: ReleaseDocument,
    publicKeyFile: string,
    verified?: VerifiedSnapshot,
  ): Promise<void> {
    return verifyRepository(this.rpm, folder, document, publicKeyFile, verified);
  }

  entryFiles(): Promise<string[]> {
    return Promise.resolve([repomdPath, repomdSignaturePath]);
  }

  async namedFiles(folder: string): Promise<ReadonlySet<string>> {
    const { files } = parseRepomd(await readFile(join(folder, repomdPath)));
    const primary = files.get('primary')!;
    const packages = await readChecked(
      primary,
      createReadStream(join(folder, primary.path)),
      (xml) => readPackageList('primary', xml),
    );
    const isSigned = await access(join(folder, repomdSignaturePath)).then(
      () => true,
      () => false,
    );
    return new Set([
      repomdPath,
      ...(isSigned ? [repomdSignaturePath] : []),
      ...[...files.values()].map(({ path }) => path),
      ...packages.map(({ path }) => path!),
    ]);
  }
}
