import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ADMIN_TOKEN_FORMAT, digestOfAdminToken, type AdminToken } from '../common/admin-token.js';
import { StartError } from '../common/start-error.js';
import { describeMistake } from '../common/yaml/parse-yaml.js';
import { parseAdminTokens } from './parse-admin-tokens.js';

/** Who may use the admin API, where the setting ADMIN_TOKENS_FILE says that tokens are needed. */
export class AdminTokens {
  /** None until `load`: what was not read lets nobody in. */
  private tokens: readonly AdminToken[] = [];

  /** @param file ADMIN_TOKENS_FILE; undefined: no token is needed */
  constructor(private readonly file: string | undefined) {}

  get required(): boolean {
    return this.file !== undefined;
  }

  /**
   * Puts the file in force; one with mistakes changes nothing.
   * @returns how many tokens there are
   * @throws StartError that lists every mistake
   */
  async load(): Promise<number> {
    if (this.file !== undefined) this.tokens = parse(await read(this.file), this.file);
    return this.tokens.length;
  }

  /** Compares with every token that there is, so that the time taken says nothing of any. */
  find(presented: string): AdminToken | undefined {
    if (!ADMIN_TOKEN_FORMAT.isWellFormed(presented)) return undefined;
    const digest = digestOfAdminToken(presented);
    return this.tokens.filter((token) => timingSafeEqual(token.digest, digest))[0];
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new StartError(
      `The admin tokens ${file} cannot be read (${(error as NodeJS.ErrnoException).code}). Set ADMIN_TOKENS_FILE to where they are, or to nothing where loopback is boundary enough.`,
    );
  }
}

function parse(text: string, file: string): readonly AdminToken[] {
  const result = parseAdminTokens(text);
  if ('document' in result) return result.document;
  throw new StartError(
    `The admin tokens ${file} (ADMIN_TOKENS_FILE) have mistakes; nothing was changed:\n${result.mistakes.map(describeMistake).join('\n')}`,
  );
}
