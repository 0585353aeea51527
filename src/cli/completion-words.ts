import { granted, type AdminApiClient } from './admin-api-client.js';
import { nameOf } from './key-texts.js';

/** A word that may stand next, and what it means. */
export interface CompletionWord {
  readonly word: string;
  readonly meaning: string;
}

const OF_A_KEY = ['show', 'update', 'rotate', 'revoke', 'usage', 'setup'];
/** Where we offer nothing, the shell offers files. */
const FILES: CompletionWord[] = [];
/** Milliseconds that a person waits for a completion. */
const PATIENCE = 1_500;
/** Keys that are offered: the newest. */
const MOST = 100;

/**
 * What only the server knows of the word being typed: components after `--component`, ids where a command
 * takes one. Undefined: none of these stands here. Where the server does not answer there is nothing to offer.
 *
 * @param words what was typed behind the command's name, the last one as far as it is there
 */
export async function completionWords(
  words: readonly string[],
  connect: () => AdminApiClient,
): Promise<CompletionWord[] | undefined> {
  const previous = words.at(-2) ?? '';
  const ask = async (question: (signal: AbortSignal) => Promise<CompletionWord[]>) => {
    try {
      return await question(AbortSignal.timeout(PATIENCE));
    } catch {
      return [];
    }
  };
  if (/^(--component|-c)$/.test(previous)) return ask((signal) => componentsOf(connect(), signal));
  const [group = '', action = ''] = words;
  if (group === 'keys' && OF_A_KEY.includes(action) && words.length === 3) {
    if (!words[2]!.startsWith('-')) return ask((signal) => idsOf(connect(), signal));
  }
  if (group === 'keys' && action === 'import' && !words.at(-1)?.startsWith('-')) return FILES;
  return undefined;
}

async function componentsOf(api: AdminApiClient, signal: AbortSignal): Promise<CompletionWord[]> {
  const components = await granted(api.GET('/api/v1/components', { signal }));
  return components.map(({ name, description }) => ({ word: name, meaning: description }));
}

async function idsOf(api: AdminApiClient, signal: AbortSignal): Promise<CompletionWord[]> {
  const keys = await granted(
    api.GET('/api/v1/keys', { params: { query: { limit: MOST } }, signal }),
  );
  return keys.map((key) => ({ word: key.id, meaning: nameOf(key) }));
}
