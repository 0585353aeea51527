import { createHash } from 'node:crypto';

/**
 * A SHA-256 over what an element says, whoever wrote it down: attributes in the order of their names, text as it
 * is, and no white space between elements. Two elements have one digest only if a client reads the same in both.
 */
export class ElementDigest {
  private readonly hash = createHash('sha256');
  private tokens = '';
  private readonly open: { text: string; hasElements: boolean }[] = [];

  openElement(name: string, attributes: Readonly<Record<string, string>>): void {
    const parent = this.open.at(-1);
    if (parent) {
      this.addText(parent.text, true);
      parent.hasElements = true;
      parent.text = '';
    }
    const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
    this.add('element', name, sorted);
    this.open.push({ text: '', hasElements: false });
  }

  text(text: string): void {
    this.open.at(-1)!.text += text;
  }

  closeElement(): void {
    const { text, hasElements } = this.open.pop()!;
    this.addText(text, hasElements);
    this.add('end');
  }

  /** 64 hex digits; once, at the end. */
  digest(): string {
    return this.hash.update(this.tokens).digest('hex');
  }

  private addText(text: string, besideElements: boolean): void {
    if (besideElements ? text.trim() !== '' : text !== '') this.add('text', text);
  }

  private add(...token: unknown[]): void {
    this.tokens += `${JSON.stringify(token)}\n`;
    // To the hash in larger pieces, which is several times as fast.
    if (this.tokens.length < 64 * 1024) return;
    this.hash.update(this.tokens);
    this.tokens = '';
  }
}
