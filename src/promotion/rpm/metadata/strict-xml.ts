import { SaxesParser } from 'saxes';
import { MetadataProblem } from './metadata-problem.js';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

/** Bytes of a single text or tag: far more than any package has, and little to hold in memory. */
const longestToken = 16 * 1024 * 1024;

export interface XmlHandler {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  /** The whole text between two tags, its references resolved; around the root, white space. */
  text(text: string): void;
  close(name: string): void;
}

/**
 * Reads the little of XML that createrepo_c writes: elements, attributes and text in UTF-8. What two parsers
 * could read in two ways is refused: a DOCTYPE with its entities, processing instructions, CDATA, comments,
 * another declaration, bytes that are not UTF-8, anything before the declaration and after the root.
 *
 * @throws MetadataProblem, also what the handler throws
 */
export class StrictXml {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private readonly parser = new SaxesParser();
  private head: string | undefined = '';
  private pending = 0;

  constructor(
    private readonly what: string,
    handler: XmlHandler,
  ) {
    const { parser } = this;
    const refused = (construct: string) => () => this.fail(`it holds ${construct}`);
    parser.on('error', ({ message }) => this.fail(message));
    parser.on('doctype', refused('a DOCTYPE'));
    parser.on('processinginstruction', refused('a processing instruction'));
    parser.on('comment', refused('a comment'));
    parser.on('cdata', refused('a CDATA section'));
    parser.on('opentag', ({ name, attributes }) => {
      this.pending = 0;
      handler.open(name, attributes);
    });
    parser.on('text', (text) => {
      this.pending = 0;
      handler.text(text);
    });
    parser.on('closetag', ({ name }) => {
      this.pending = 0;
      handler.close(name);
    });
  }

  write(bytes: Uint8Array): void {
    this.parse(this.decode(bytes));
  }

  end(): void {
    this.parse(this.decode());
    if (this.head !== undefined) this.fail(`it does not begin with ${declaration}`);
    this.parser.close();
  }

  private parse(text: string): void {
    // Before an event comes, the parser holds what it was given.
    this.pending += text.length;
    this.parser.write(this.afterDeclaration(text));
    if (this.pending > longestToken) this.fail('it holds a text or tag that is far too long');
  }

  private decode(bytes?: Uint8Array): string {
    try {
      return this.decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      return this.fail('it is not UTF-8');
    }
  }

  private afterDeclaration(text: string): string {
    if (this.head === undefined) return text;
    this.head += text;
    if (this.head.length < declaration.length) return '';
    if (!this.head.startsWith(declaration)) this.fail(`it does not begin with ${declaration}`);
    const whole = this.head;
    this.head = undefined;
    return whole;
  }

  private fail(reason: string): never {
    throw new MetadataProblem(`${this.what} is not as createrepo_c writes it: ${reason}`);
  }
}
