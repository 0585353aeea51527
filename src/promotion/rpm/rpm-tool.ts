import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { together } from '../tools/together.js';
import { runTool } from '../tools/run-tool.js';

/** What RPM reads in a package's header. */
export interface RpmHeader {
  readonly name: string;
  /** Empty where the package has none, which RPM takes for 0. */
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  /** As in its file's name: `src` and `nosrc` are source packages. */
  readonly architecture: string;
  /** SHA-256 of the header, which holds that of the payload; empty in a package of before RPM 4.14. */
  readonly sha256: string;
  readonly payloadSha256: string;
  /** OpenPGP signature packets over the header. */
  readonly signatures: readonly Buffer[];
}

/** Relative to a folder. */
export interface RpmFile {
  readonly folder: string;
  readonly name: string;
}

const sha256Algorithm = '8'; // RFC 9580, 9.5
const none = '(none)';

const queryFields = [
  ...['name', 'epoch', 'version', 'release', 'arch', 'sourcepackage', 'nosource', 'nopatch'],
  ...['sha256header', 'payloaddigest', 'payloaddigestalgo', 'rsaheader', 'dsaheader'],
];
const queryFormat = `${queryFields.map((field) => `%{${field}}`).join('\\t')}\\n`;

/** As many as surely fit on a command line. */
const filesAtOnce = 500;

/** Any code: how many of the files are bad. */
const anyCode = Array.from({ length: 256 }, (_, code) => code);

/**
 * The rpm of this machine, away from the packages and keys that are installed on it.
 * Files are named relative to a folder: rpm takes a URL for one, and expands `*`.
 */
export class RpmTool {
  /** @param workFolder a folder of our own, which need not exist; what is in it can be removed at any time */
  constructor(private readonly workFolder: string) {}

  /** That of one file, read by one rpm with those that others ask for meanwhile. @throws DomainError TOOL_FAILED */
  readonly readHeader = together<RpmFile, RpmHeader>(
    ({ folder }) => folder,
    (files, folder) =>
      this.readHeaders(
        folder,
        files.map(({ name }) => name),
      ),
  );

  /** What rpm says of a file of which a digest, of header or payload, does not hold; likewise. */
  readonly findDamage = together<RpmFile, string | undefined>(
    ({ folder }) => folder,
    async (files, folder) => {
      const names = files.map(({ name }) => name);
      const broken = await this.findBroken(folder, names);
      if (broken.length === 0) return names.map(() => undefined);
      if (names.length === 1) return broken;
      throw new Error(broken.join(', ')); // each is asked for alone
    },
  );

  /** @throws DomainError TOOL_FAILED where one is no RPM */
  async readHeaders(folder: string, files: readonly string[]): Promise<RpmHeader[]> {
    const headers: RpmHeader[] = [];
    for (const some of inTurn(files)) {
      const { stdout } = await this.inWorkFolder((home) =>
        runTool(
          'rpm',
          [
            ...['--dbpath', home, '-qp', '--nomanifest', '--nosignature'],
            ...['--queryformat', queryFormat, '--', ...some],
          ],
          { home, cwd: folder },
        ),
      );
      headers.push(...parseHeaders(stdout.toString('utf8'), some));
    }
    return headers;
  }

  /** The files whose digests, of header or payload, do not hold, with what rpm says of them. */
  private findBroken(folder: string, files: readonly string[]): Promise<string[]> {
    const verifyDigests = ['--define', '_pkgverify_level digest', '--nosignature'];
    return this.inWorkFolder((home) => findFailed(home, folder, files, home, verifyDigests));
  }

  /** The files that do not bear a signature by a key of this file over what they hold, with what rpm says. */
  async findUnsigned(
    folder: string,
    files: readonly string[],
    publicKeyFile: string,
  ): Promise<string[]> {
    const database = await this.keyDatabase(publicKeyFile);
    return this.inWorkFolder((home) =>
      findFailed(home, folder, files, database, ['--define', '_pkgverify_level all']),
    );
  }

  /** Runs with a new folder that is gone afterwards. */
  async inWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    await mkdir(this.workFolder, { recursive: true });
    const folder = await mkdtemp(join(this.workFolder, 'run-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** An rpm database of these keys and no others. Making one takes a tenth of a second, so it is kept. */
  private async keyDatabase(publicKeyFile: string): Promise<string> {
    const keys = await readFile(publicKeyFile);
    const digest = createHash('sha256').update(keys).digest('hex');
    const database = join(this.workFolder, `keys-${digest}`);
    if (await exists(database)) return database;
    await this.inWorkFolder(async (home) => {
      const made = join(home, 'database');
      await mkdir(made);
      await runTool('rpmkeys', ['--dbpath', made, '--import', publicKeyFile], { home });
      // Another may have been faster; its database is as good.
      await rename(made, database).catch(async (error: unknown) => {
        if (!(await exists(database))) throw error;
      });
    });
    return database;
  }
}

async function findFailed(
  home: string,
  folder: string,
  files: readonly string[],
  database: string,
  options: readonly string[],
): Promise<string[]> {
  const failed: string[] = [];
  for (const some of inTurn(files)) {
    const args = ['--dbpath', database, '--checksig', ...options, '--', ...some];
    const ran = await runTool('rpmkeys', args, { home, cwd: folder, acceptedCodes: anyCode });
    const { code, stderr } = ran;
    const lines = ran.stdout.toString('utf8').split('\n');
    const bad = some.flatMap((file) => {
      const line = lines.find((it) => it.startsWith(`${file}: `));
      if (line !== undefined && /: digests( signatures)? OK$/.test(line)) return [];
      return [line ?? `${file}: ${stderr.trim() || 'rpm says nothing of it'}`];
    });
    failed.push(...bad);
    if (code !== 0 && bad.length === 0) failed.push(stderr.trim() || `rpmkeys: exit code ${code}`);
  }
  return failed;
}

function parseHeaders(output: string, files: readonly string[]): RpmHeader[] {
  const lines = output.split('\n').slice(0, -1);
  // A tab or a line feed in a tag makes one field too many: nothing can pass for another field.
  const rows = lines.map((line) => line.split('\t'));
  if (rows.length !== files.length || rows.some(({ length }) => length !== queryFields.length)) {
    throw new Error(`rpm answers for ${files.join(', ')} what cannot be read`);
  }
  return rows.map((row) => {
    const field = (name: string) => {
      const text = row[queryFields.indexOf(name)]!;
      return text === none ? '' : text;
    };
    const isSource = field('sourcepackage') !== '';
    const lacksSource = field('nosource') !== '' || field('nopatch') !== '';
    const signatures = [field('rsaheader'), field('dsaheader')].filter((hex) => hex !== '');
    return {
      name: field('name'),
      epoch: field('epoch'),
      version: field('version'),
      release: field('release'),
      architecture: isSource ? (lacksSource ? 'nosrc' : 'src') : field('arch'),
      sha256: field('sha256header'),
      payloadSha256: field('payloaddigestalgo') === sha256Algorithm ? field('payloaddigest') : '',
      signatures: signatures.map((hex) => Buffer.from(hex, 'hex')),
    };
  });
}

function* inTurn(files: readonly string[]): Iterable<readonly string[]> {
  for (let start = 0; start < files.length; start += filesAtOnce) {
    yield files.slice(start, start + filesAtOnce);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
