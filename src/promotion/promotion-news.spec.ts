import { PromotionNews } from './promotion-news.js';

const FOREVER = 60_000; // milliseconds: longer than a test may take
const never = new AbortController().signal;

let news: PromotionNews;
beforeEach(() => {
  news = new PromotionNews();
});

it.each(['state', 'change'] as const)(
  'whoever waits for a promotion hears of its %s',
  async (what) => {
    const heard = news.change('p1', FOREVER, never);
    news.tell('p1', what);
    await heard;
  },
);

it('what another promotion does wakes nobody', async () => {
  let isAwake = false;
  const leaving = new AbortController();
  const waiting = news.change('p1', FOREVER, leaving.signal).then(() => (isAwake = true));
  news.tell('p2', 'state');
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAwake).toBe(false);
  leaving.abort();
  await waiting;
});

it('waiting ends with its time, and at once for who has left', async () => {
  await news.change('p1', 1, never);
  await news.change('p1', FOREVER, AbortSignal.abort());
});

it('a state of any promotion is told until it is ended', () => {
  const hear = jest.fn();
  const end = news.onState(hear);
  news.tell('p1', 'state');
  news.tell('p2', 'state');
  news.tell('p2', 'change');
  end();
  news.tell('p1', 'state');
  expect(hear).toHaveBeenCalledTimes(2);
});
