import { grantedWithHeaders } from './admin-api-client.js';

/** The most that the API gives at once. */
const PAGE = 500;

interface Page<Item> {
  readonly data?: Item[];
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * Everything that a list has, page by page.
 *
 * @param limit how many of it are wanted at most; undefined: all
 */
export async function allPages<Item>(
  ask: (page: { limit: number; cursor?: string }) => Promise<Page<Item>>,
  limit = Infinity,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const wanted = Math.min(PAGE, limit - items.length);
    const { data, headers } = await grantedWithHeaders(ask({ limit: wanted, cursor }));
    items.push(...data);
    cursor = nextCursor(headers.get('link'));
  } while (cursor !== undefined && items.length < limit);
  return items;
}

/** The cursor of the next page, of a `Link` header (RFC 8288) as this API writes it. */
export function nextCursor(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  return new URL(target, 'http://localhost').searchParams.get('cursor') ?? undefined;
}
