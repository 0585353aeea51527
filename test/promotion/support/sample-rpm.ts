import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';

export interface SampleRpm {
  name: string;
  version?: string;
  epoch?: number;
  architecture?: string;
  /** What it needs, and of which a repository's metadata tells. */
  requires?: string;
  /** `src` builds the source package, `nosrc` one without its source. */
  kind?: 'binary' | 'src' | 'nosrc';
  summary?: string;
}

/** Builds an RPM that installs one file, and answers its path. */
export async function buildSampleRpm(folder: string, sample: SampleRpm): Promise<string> {
  const { name, version = '1.0', epoch, architecture = 'x86_64', requires } = sample;
  const { kind = 'binary', summary = 'A sample & more' } = sample;
  const top = await mkdtemp(join(folder, 'rpmbuild-'));
  const spec = join(top, `${name}.spec`);
  await writeFile(join(top, 'source.txt'), 'source');
  await writeFile(
    spec,
    `Name: ${name}
Version: ${version}
Release: 1
${epoch === undefined ? '' : `Epoch: ${epoch}`}
Summary: ${summary}
License: MIT
${architecture === 'noarch' ? 'BuildArch: noarch' : ''}
Source0: source.txt
${kind === 'nosrc' ? 'NoSource: 0' : ''}
${requires === undefined ? '' : `Requires: ${requires}`}
%description
A sample of one file.
%install
mkdir -p %{buildroot}/usr/share/${name}
echo ${version} > %{buildroot}/usr/share/${name}/version
%files
/usr/share/${name}
%changelog
* Mon Jan 01 2024 Nobody <nobody@example.org> - 1
- made
`,
  );
  const target = architecture === 'noarch' ? [] : ['--target', architecture];
  const defines = ['--define', `_topdir ${top}`, '--define', `_sourcedir ${top}`];
  await mustRun('rpmbuild', [kind === 'binary' ? '-bb' : '-bs', ...target, ...defines, spec], {
    env: { HOME: top },
  });
  const built = kind === 'binary' ? join(top, 'RPMS', architecture) : join(top, 'SRPMS');
  const [file] = await readdir(built);
  return join(built, file!);
}
