import { differingField, plainFields } from './plain-fields.js';
import { parseStanza } from './stanza.js';

const plain = (text: string) => plainFields(parseStanza(Buffer.from(text)));

describe('the plain form of a stanza', () => {
  it('is the same for a control and for what aptly 1.6.1 made of it', () => {
    // Both were measured.
    const control = `Package: libacme
Version: 1:1.0~rc1+git-1
Architecture: all
Maintainer: N <n@example.org>
Tag: a,
 b
x-cUstom-two:z
Depends:
Recommends: a|b,c ,d(>=1), e [amd64], f:any,,
Pre-Depends:
 x,
   y (<< 2),
Suggests: a  b
provides: q (= 1)
Built-Using: gcc (= 1),
  z (= 2)
Description: x  y${'   '}
 long${'  '}
 .
   more
Long:
 first
  second
`;
    const index = `Package: libacme
Maintainer: N <n@example.org>
Architecture: all
Version: 1:1.0~rc1+git-1
Provides: q (= 1)
Pre-Depends: x, y (<< 2),${' '}
Recommends: a|b, c, d(>=1), e [amd64], f:any, ,${' '}
Suggests: a  b
Description: x  y${'   '}
 long${'  '}
 .
   more
Built-Using: gcc (= 1), z (= 2)
Long:  first second
Tag: a, b
X-Custom-Two: z
`;
    expect(differingField(plain(control), plain(index))).toBeUndefined();
  });

  it.each([
    ['a relation', 'Depends: a, b\n', 'Depends: a | b\n'],
    ['the order of relations', 'Depends: a, b\n', 'Depends: b, a\n'],
    ['a version', 'Depends: a (>= 1)\n', 'Depends: a (>= 11)\n'],
    ['a word cut in two', 'Depends: ab\n', 'Depends: a b\n'],
    ['an indent of the description', 'Description: a\n b\n', 'Description: a\n  b\n'],
    ['a byte that is no UTF-8', 'X-Y: \u00e9\n', 'X-Y: \u00e8\n'],
  ])('tells %s apart', (_, a, b) => {
    expect(differingField(plain(a), plain(b))).toBeDefined();
  });

  it('names the field that differs, or is there once', () => {
    expect(differingField(plain('A: b\nC: d\n'), plain('A: b\nC: e\n'))).toBe('c');
    expect(differingField(plain('A: b\n'), plain('A: b\nE: \n'))).toBe('e');
  });
});
