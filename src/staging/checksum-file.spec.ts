import fc from 'fast-check';
import { parseChecksumFile } from './checksum-file.js';

const DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('a checksum file', () => {
  it.each([
    DIGEST,
    `${DIGEST}\n`,
    `${DIGEST}\r\n`,
    `${DIGEST.toUpperCase()}\n`,
    `${DIGEST}  acme 1.0.rpm\n`,
    `${DIGEST} *acme 1.0.rpm\n`,
    `${DIGEST}  dist/el9/acme 1.0.rpm\n`,
    `${DIGEST}  /build/acme 1.0.rpm`,
  ])('is read: %j', (text) => {
    expect(parseChecksumFile(text, 'acme 1.0.rpm')).toEqual({ sha256: DIGEST });
  });

  it.each([
    '',
    '\n',
    DIGEST.slice(1),
    `${DIGEST}0`,
    `${DIGEST} `,
    `${DIGEST}  \n`,
    `${DIGEST}\n\n`,
    ` ${DIGEST}`,
    `SHA256 (acme 1.0.rpm) = ${DIGEST}`,
    `${DIGEST}  acme 1.0.rpm\n${DIGEST}  other.rpm\n`,
    `\\${DIGEST}  acme\\n1.0.rpm\n`,
  ])('is malformed: %j', (text) => {
    expect(parseChecksumFile(text, 'acme 1.0.rpm')).toEqual({
      problem: expect.stringContaining('64 hex digits'),
    });
  });

  it.each(['other.rpm', 'acme 1.0.rpm.old', 'acme 1.0.rpm/other.rpm', 'dist/'])(
    'of another file is not ours: %s',
    (name) => {
      expect(parseChecksumFile(`${DIGEST}  ${name}\n`, 'acme 1.0.rpm')).toEqual({
        problem: expect.stringContaining('another name'),
      });
    },
  );

  it('gives 64 hex digits or a problem, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        const read = parseChecksumFile(text, 'a');
        if ('sha256' in read) expect(read.sha256).toMatch(/^[0-9a-f]{64}$/);
        else expect(read.problem).not.toBe('');
      }),
    );
  });
});
