import { parseExpectedFiles } from './expected-files.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const parse = (text: string) => [...parseExpectedFiles(text, 'SHA256SUMS')];

it('reads what sha256sum writes, by the name of the file', () => {
  expect(parse(`${A}  dist/acme 1.rpm\n${B.toUpperCase()} *other.rpm\r\n\n`)).toEqual([
    ['acme 1.rpm', A],
    ['other.rpm', B],
  ]);
});

it.each([
  ['', 'lists no file'],
  ['acme.rpm\n', 'see its line 1'],
  [`${A}  a.rpm\n${A.slice(1)}  b.rpm\n`, 'see its line 2'],
  [`${A} a.rpm\n`, 'see its line 1'],
  [`\\${A}  a\\nb.rpm\n`, 'see its line 1'],
  [`${A}  folder/\n`, 'see its line 1'],
  [`${A}  x/a.rpm\n${B}  y/a.rpm\n`, 'lists two files as a.rpm'],
])('refuses %j', (text, words) => {
  expect(() => parse(text)).toThrow(words);
});
