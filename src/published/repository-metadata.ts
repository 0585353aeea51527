/** What the metadata of a repository say of themselves. */
export interface RepositoryMetadata {
  readonly revision: string | null;
  readonly publishedAt: Date | null;
}

/**
 * Reads `repomd.xml`, as far as it says what is published: its revision, and the newest time of a file
 * that it lists (createrepo_c gives both in seconds since the epoch).
 *
 * @returns undefined when this is no such file
 */
export function readRepomd(text: string): RepositoryMetadata | undefined {
  if (!/<(?:\w+:)?repomd[\s>]/.test(text) || !/<\/(?:\w+:)?repomd>\s*$/.test(text))
    return undefined;
  const revision = /<(?:\w+:)?revision>\s*([^<]*?)\s*</.exec(text)?.[1] || null;
  const times = [...text.matchAll(/<(?:\w+:)?timestamp>\s*(\d{1,12})(?:\.\d+)?\s*</g)].map(
    ([, seconds]) => Number(seconds),
  );
  return { revision, publishedAt: times.length > 0 ? new Date(Math.max(...times) * 1000) : null };
}

/**
 * Reads a `Release` or `InRelease` of a Debian repository: its `Date`, without which apt takes it for
 * none (Debian repository format, "Date, Valid-Until").
 *
 * @returns undefined when this is no such file
 */
export function readRelease(text: string): RepositoryMetadata | undefined {
  const date = /^Date:[ \t]*(.+?)[ \t]*$/m.exec(text)?.[1];
  const time = Date.parse(date ?? '');
  if (Number.isNaN(time)) return undefined;
  return { revision: null, publishedAt: new Date(time) };
}
