import fc from 'fast-check';
import { ADMIN_TOKEN_FORMAT, digestOfAdminToken } from '../common/admin-token.js';
import { parseAdminTokens } from './parse-admin-tokens.js';

const DIGESTS = ['a', 'b'].map((letter) => letter.repeat(64));

function mistakesIn(text: string) {
  const result = parseAdminTokens(text);
  return 'mistakes' in result ? result.mistakes : [];
}

const entry = (fields: Record<string, string>) =>
  `tokens:\n  - ${Object.entries({ name: 'alice', role: 'admin', sha256: DIGESTS[0], ...fields })
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n    ')}\n`;

describe('the file of admin tokens', () => {
  it('is a list of names, roles and digests', () => {
    const token = ADMIN_TOKEN_FORMAT.generate();
    const digest = digestOfAdminToken(token);
    const text = `tokens:
  - name: alice@example.org
    role: admin
    sha256: "${digest.toString('hex')}"
  - { name: monitoring, role: readonly, sha256: ${DIGESTS[1]} }
`;
    expect(parseAdminTokens(text)).toEqual({
      document: [
        { name: 'alice@example.org', role: 'admin', digest },
        { name: 'monitoring', role: 'readonly', digest: Buffer.from(DIGESTS[1]!, 'hex') },
      ],
    });
  });

  it('says every mistake, with its place', () => {
    const text = `tokens:
  - name: alice
    role: root
    sha256: abc
  - nme: bob
    role: admin
    sha256: ${DIGESTS[0]}
  - name: alice
    role: readonly
    sha256: ${DIGESTS[0]}
`;
    expect(
      mistakesIn(text).map(({ line, path, message }) => `${line} ${path}: ${message}`),
    ).toEqual([
      '3 tokens[0].role: "root" is not one of admin, readonly',
      expect.stringMatching(/^4 tokens\[0\]\.sha256: this is not the SHA-256 of a token/),
      '5 tokens[1].nme: unknown key "nme": did you mean "name"?',
      '5 tokens[1].name: name is missing',
      '8 tokens[2].name: "alice" is already tokens[0].name, in line 2',
      expect.stringMatching(
        /^10 tokens\[2\]\.sha256: .* is already tokens\[1\]\.sha256, in line 7/,
      ),
    ]);
  });

  it.each([
    ['nothing', ''],
    ['no tokens', 'tokens: []\n'],
    ['a list', '- name: alice\n'],
    ['no role', `tokens: [{ name: a, sha256: ${DIGESTS[0]} }]`],
    ['another key beside it', `${entry({})}more: 1\n`],
    ['a digest in upper case', entry({ sha256: 'A'.repeat(64) })],
    ['a name of a header’s own characters', entry({ name: '"a, b"' })],
    ['the name of what Packyard does by itself', entry({ name: 'Packyard' })],
  ])('refuses %s', (_, text) => {
    expect(mistakesIn(text)).not.toEqual([]);
  });

  it('repeats no token that stands where a digest or a name belongs', () => {
    const token = ADMIN_TOKEN_FORMAT.generate();
    for (const text of [entry({ sha256: token }), entry({ name: token }), entry({ token })]) {
      const mistakes = mistakesIn(text);
      expect(mistakes).not.toEqual([]);
      expect(JSON.stringify(mistakes)).not.toContain(token);
    }
  });

  it('throws for no text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseAdminTokens(text);
      }),
    );
  });
});
