import { outgrown } from './outgrown.js';

const named = (name: string, version: string, architecture = 'x86_64') => ({
  name,
  version,
  path: `Packages/${name}-${version}.${architecture}.rpm`,
});
const versionsOf = (packages: { version: string }[]) => packages.map(({ version }) => version);

it('takes away all but the newest versions of each name, by what the format calls newer', () => {
  const live = [named('acme', '1.9-1'), named('acme', '1.10-1'), named('other', '1-1')];
  expect(versionsOf(outgrown('rpm', live, [named('acme', '2~rc1-1')], 2))).toEqual(['1.9-1']);
  expect(versionsOf(outgrown('deb', live, [named('acme', '2~rc1-1')], 1))).toEqual([
    '1.9-1',
    '1.10-1',
  ]);
});

it('takes nothing of what is no more than is kept', () => {
  const live = [named('acme', '1-1'), named('acme', '2-1')];
  expect(outgrown('rpm', live, [named('other', '1-1')], 2)).toEqual([]);
});

it('never takes what is promoted now, nor for its sake more than one version', () => {
  const live = [named('acme', '1-1'), named('acme', '3-1'), named('acme', '4-1')];
  expect(versionsOf(outgrown('rpm', live, [named('acme', '2-1')], 2))).toEqual(['1-1']);
  expect(versionsOf(outgrown('rpm', live, [named('acme', '1-1')], 2))).toEqual([]);
});

it('counts packages of one version once: its architectures, and epochs that are equal', () => {
  const live = [
    named('acme', '1-1'),
    named('acme', '2-1', 'noarch'),
    named('acme', '0:2-1'),
    named('acme', '2.0-1'),
  ];
  expect(versionsOf(outgrown('rpm', live, [named('acme', '3-1')], 3))).toEqual(['1-1']);
});
