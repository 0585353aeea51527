import fc from 'fast-check';
import { MetadataProblem } from './metadata-problem.js';
import { StrictXml } from './strict-xml.js';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

/** The events of a document that arrives in pieces of this length. */
function eventsOf(document: Uint8Array | string, pieceLength = Infinity): string[] {
  const events: string[] = [];
  const xml = new StrictXml('test.xml', {
    open: (name, attributes) => void events.push(`<${name} ${JSON.stringify(attributes)}`),
    text: (text) => void events.push(text),
    close: (name) => void events.push(`/${name}`),
  });
  const bytes = Buffer.from(document as string);
  for (let start = 0; start < bytes.length; start += pieceLength) {
    xml.write(bytes.subarray(start, start + pieceLength));
  }
  xml.end();
  return events;
}

describe('StrictXml', () => {
  it('reads elements, attributes and text', () => {
    expect(eventsOf(`${declaration}<a b="c &amp; &#xe9;">d &lt; <e/></a>\n`)).toEqual([
      '<a {"b":"c & é"}',
      'd < ',
      '<e {}',
      '/e',
      '/a',
      '\n',
    ]);
  });

  it('reads the same however it arrives', () => {
    const document = `${declaration}<a b="é&amp;">ß &gt; 東<c/>\n</a>`;
    const whole = eventsOf(document);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (length) => {
        expect(eventsOf(document, length)).toEqual(whole);
      }),
    );
  });

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['no declaration', '<a/>'],
    ['half a declaration', declaration.slice(0, 20)],
    ['another declaration', '<?xml version="1.1" encoding="UTF-8"?><a/>'],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>'],
    ['white space before it', ` ${declaration}<a/>`],
    ['a byte order mark', `\uFEFF${declaration}<a/>`],
    ['no root', declaration],
    ['two roots', `${declaration}<a/><b/>`],
    ['text after the root', `${declaration}<a/>b`],
    ['a NUL after the root', `${declaration}<a/>\0`],
    ['a DOCTYPE', `${declaration}<!DOCTYPE a><a/>`],
    ['entities', `${declaration}<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`],
    ['an entity that nobody defined', `${declaration}<a>&b;</a>`],
    ['a processing instruction', `${declaration}<?a b?><a/>`],
    ['another declaration inside', `${declaration}<a>${declaration}</a>`],
    ['a comment', `${declaration}<a><!-- b --></a>`],
    ['CDATA', `${declaration}<a><![CDATA[b]]></a>`],
    ['an open element', `${declaration}<a>`],
    ['crossed elements', `${declaration}<a><b></a></b>`],
    ['an attribute twice', `${declaration}<a b="1" b="2"/>`],
    ['an attribute without quotes', `${declaration}<a b=1/>`],
    ['a control character', `${declaration}<a>\x01</a>`],
    ['a reference to one', `${declaration}<a>&#1;</a>`],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`${declaration}<a>`), Buffer.of(0xe9)]),
    ],
    ['bytes that end amid a letter', Buffer.from(`${declaration}<a/>é`).subarray(0, -1)],
  ])('refuses %s', (_what, document) => {
    expect(() => eventsOf(document)).toThrow(MetadataProblem);
    expect(() => eventsOf(document, 1)).toThrow(MetadataProblem);
  });

  it('does not hold what never ends', () => {
    const endless = new StrictXml('test.xml', { open() {}, text() {}, close() {} });
    endless.write(Buffer.from(`${declaration}<a b="`));
    const more = Buffer.alloc(1024 * 1024, 'x');
    expect(() => {
      for (let mebibytes = 0; mebibytes < 20; mebibytes += 1) endless.write(more);
    }).toThrow('far too long');
  });
});
