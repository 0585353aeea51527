import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runTool } from '../tools/run-tool.js';
import { MalformedMetadata } from './malformed-metadata.js';
import { COMPONENT } from './release-file.js';

/** What apt is to load: a distribution of the publication in a folder. */
export interface AptSource {
  readonly distribution: string;
  readonly architectures: readonly string[];
}

/**
 * Has the real apt fetch and load the metadata of a publication, as a machine does that has every architecture. It
 * gets a root of its own and looks at nothing of this machine.
 *
 * @throws DomainError TOOL_FAILED; MalformedMetadata where apt warns of something
 */
export async function loadAsApt(
  folder: string,
  sources: readonly AptSource[],
  publicKeyFile: string,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'packyard-apt-'));
  try {
    for (const each of FOLDERS) await mkdir(join(root, each), { recursive: true });
    await writeFile(join(root, 'var/lib/dpkg/status'), '');
    await writeFile(join(root, 'apt.conf'), configuration(root, sources));
    const lines = sources.map((source) => sourceLine(folder, source, publicKeyFile));
    await writeFile(join(root, 'etc/apt/sources.list'), lines.join(''));

    const { stderr } = await runTool('apt-get', ['--quiet', 'update'], {
      home: root,
      env: { APT_CONFIG: join(root, 'apt.conf') },
    });
    const complaint = /^[WE]: .*$/m.exec(stderr)?.[0];
    if (complaint) throw new MalformedMetadata(`apt says: ${complaint}`);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const FOLDERS = [
  'etc/apt/apt.conf.d',
  'etc/apt/preferences.d',
  'etc/apt/sources.list.d',
  'etc/apt/trusted.gpg.d',
  'var/cache/apt/archives/partial',
  'var/lib/apt/lists/partial',
  'var/lib/dpkg',
  'var/log/apt',
];

/** Read before anything under /etc/apt, and pointing away from it. */
function configuration(root: string, sources: readonly AptSource[]): string {
  const architectures = [...new Set(sources.flatMap((each) => each.architectures))];
  return `Dir "${root}/";
Dir::State::status "${root}/var/lib/dpkg/status";
APT::Architecture "${architectures[0]}";
APT::Architectures { ${architectures.map((each) => `"${each}";`).join(' ')} };
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
`;
}

function sourceLine(folder: string, { distribution, architectures }: AptSource, key: string) {
  const options = `arch=${architectures.join(',')} signed-by=${key}`;
  return `deb [${options}] ${pathToFileURL(folder).href}/ ${distribution} ${COMPONENT}\n`;
}
