import { allPages, nextCursor } from './all-pages.js';

/** A list of so many numbers, in pages as the API gives them. */
function server(total: number) {
  const asked: number[] = [];
  const ask = ({ limit, cursor }: { limit: number; cursor?: string }) => {
    asked.push(limit);
    const start = Number(cursor ?? 0);
    const end = Math.min(total, start + limit);
    const headers = new Headers(
      end < total ? { Link: `</api/v1/keys?limit=${limit}&cursor=${end}>; rel="next"` } : {},
    );
    const data = Array.from({ length: end - start }, (_, index) => start + index);
    return Promise.resolve({ data, response: new Response(null, { headers }) });
  };
  return { ask, asked };
}

describe('all pages', () => {
  it.each([
    [0, undefined, [500]],
    [500, undefined, [500]],
    [501, undefined, [500, 500]],
    [1200, undefined, [500, 500, 500]],
    [1200, 20, [20]],
    [1200, 700, [500, 200]],
    [3, 700, [500]],
  ])('of %d, at most %p, are asked for by %p', async (total, limit, pages) => {
    const { ask, asked } = server(total);
    const items = await allPages(ask, limit);
    expect(items).toEqual(Array.from({ length: Math.min(total, limit ?? total) }, (_, i) => i));
    expect(asked).toEqual(pages);
  });
});

describe('the next cursor', () => {
  it.each([
    [null, undefined],
    ['', undefined],
    ['</api/v1/keys?cursor=abc&limit=5>; rel="next"', 'abc'],
    ['</api/v1/keys?limit=5&cursor=a%2Bb%3D>; rel=next', 'a+b='],
    ['</api/v1/keys?cursor=abc>; rel="prev"', undefined],
  ])('of %p is %p', (link, cursor) => {
    expect(nextCursor(link)).toBe(cursor);
  });
});
