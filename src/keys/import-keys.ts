import { hashSecret, isWellFormedSecret } from './key-format.js';

/** A key of another installation, as it is handed in. */
export interface ImportedKey {
  readonly secret: string;
  readonly components: readonly string[];
  readonly label: string;
  readonly customer: string | null;
  readonly expiresAt: Date | null;
}

/** What is wrong with one of them. It never repeats a secret. */
export interface ImportMistake {
  /** Its place in the list, from 0. */
  readonly index: number;
  readonly field: string;
  readonly problem: string;
}

/** Everything that is wrong with a list of keys by itself, in its order. */
export function mistakesInImport(
  keys: readonly ImportedKey[],
  isKnownComponent: (name: string) => boolean,
): ImportMistake[] {
  const firstPlace = new Map<string, number>();
  return keys.flatMap(({ secret, components }, index) => {
    const mistakes: ImportMistake[] = components
      .filter((name) => !isKnownComponent(name))
      .map((name) => ({
        index,
        field: 'components',
        problem: `there is no component "${name}"`,
      }));
    if (!isWellFormedSecret(secret)) {
      mistakes.unshift({
        index,
        field: 'key',
        problem: 'the key is neither 64 hex characters nor a key of Packyard with its checksum',
      });
      return mistakes;
    }

    const hash = hashSecret(secret).toString('hex');
    const first = firstPlace.get(hash);
    if (first === undefined) firstPlace.set(hash, index);
    else mistakes.unshift({ index, field: 'key', problem: `the key of place ${first} again` });
    return mistakes;
  });
}

export function knownMistake(index: number): ImportMistake {
  return { index, field: 'key', problem: 'this key is here already' };
}
