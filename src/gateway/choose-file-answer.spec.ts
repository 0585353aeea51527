import fc from 'fast-check';
import { chooseFileAnswer } from './choose-file-answer.js';

const file = { size: 1000, etag: '"now"', modified: Date.UTC(2026, 3, 13, 12) / 1000 };
const SAME = 'Mon, 13 Apr 2026 12:00:00 GMT';
const EARLIER = 'Mon, 13 Apr 2026 11:59:59 GMT';
const LATER = 'Mon, 13 Apr 2026 12:00:01 GMT';

const status = (headers: Record<string, string>, method = 'GET') =>
  chooseFileAnswer(method, headers, file).status;

describe('chooseFileAnswer', () => {
  it('is the whole file when nothing else is asked for', () => {
    expect(chooseFileAnswer('GET', {}, file)).toEqual({ status: 200 });
    expect(chooseFileAnswer('HEAD', {}, file)).toEqual({ status: 200 });
  });

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-', 0, 999],
    ['bytes=10-19', 10, 19],
    ['bytes=990-5000', 990, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=0-99999999999999999999', 0, 999],
    ['Bytes=0-1', 0, 1],
  ])('is the part that %s asks for', (range, start, end) => {
    expect(chooseFileAnswer('GET', { range }, file)).toEqual({
      status: 206,
      range: { start, end },
    });
  });

  it.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0', 'bytes=99999999999999999999-'])(
    'is 416 to %s, of which there is nothing',
    (range) => {
      expect(status({ range })).toBe(416);
    },
  );

  it.each(['bytes=0-1,5-9', 'bytes=9-1', 'bytes=-', 'bytes=', 'bytes=a-b', 'lines=0-1', '', '0-1'])(
    'is the whole file to Range: %p',
    (range) => {
      expect(status({ range })).toBe(200);
    },
  );

  it('never sends a part of an empty file', () => {
    const empty = { ...file, size: 0 };

    expect(chooseFileAnswer('GET', { range: 'bytes=0-' }, empty).status).toBe(416);
    expect(chooseFileAnswer('GET', { range: 'bytes=-5' }, empty).status).toBe(416);
  });

  it('leaves Range to GET', () => {
    expect(status({ range: 'bytes=0-1' }, 'HEAD')).toBe(200);
  });

  it.each([
    ['"now"', 304],
    ['W/"now"', 304],
    ['"old", "now"', 304],
    ['*', 304],
    ['"old"', 200],
    ['now', 200],
    ['', 200],
  ])('to If-None-Match: %s is %i', (value, expected) => {
    expect(status({ 'if-none-match': value })).toBe(expected);
    expect(status({ 'if-none-match': value }, 'HEAD')).toBe(expected);
  });

  it.each([
    [SAME, 304],
    [EARLIER, 200],
    [LATER, 200],
    ['yesterday', 200],
  ])('to If-Modified-Since: %s is %i, as what is live may have become older', (value, expected) => {
    expect(status({ 'if-modified-since': value })).toBe(expected);
  });

  it('believes an entity tag more than a date', () => {
    expect(status({ 'if-none-match': '"old"', 'if-modified-since': SAME })).toBe(200);
    expect(status({ 'if-none-match': '"now"', 'if-modified-since': EARLIER })).toBe(304);
    expect(status({ 'if-match': '"now"', 'if-unmodified-since': EARLIER })).toBe(200);
  });

  it.each([
    [{ 'if-match': '"now"' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"old"' }, 412],
    [{ 'if-match': 'W/"now"' }, 412],
    [{ 'if-unmodified-since': SAME }, 200],
    [{ 'if-unmodified-since': LATER }, 200],
    [{ 'if-unmodified-since': EARLIER }, 412],
    [{ 'if-unmodified-since': 'never' }, 200],
    [{ 'if-match': '"old"', 'if-none-match': '"now"', range: 'bytes=0-1' }, 412],
    [{ 'if-none-match': '"now"', range: 'bytes=0-1' }, 304],
  ] as const)('to %j is %i', (headers, expected) => {
    expect(status(headers)).toBe(expected);
  });

  it.each([
    ['"now"', 206],
    ['W/"now"', 200],
    ['"old"', 200],
    [SAME, 206],
    [EARLIER, 200],
    [LATER, 200],
    ['never', 200],
  ])('continues a download with If-Range: %s by %i', (value, expected) => {
    expect(status({ range: 'bytes=10-', 'if-range': value })).toBe(expected);
  });

  it('never names bytes that the file does not have', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
      fc.stringMatching(/^bytes=[0-9, -]{0,12}$/),
    );
    fc.assert(
      fc.property(header, fc.nat({ max: 3000 }), (range, size) => {
        const answer = chooseFileAnswer('GET', { range }, { ...file, size });
        if (answer.status !== 206) return;
        expect(answer.range.start).toBeGreaterThanOrEqual(0);
        expect(answer.range.end).toBeGreaterThanOrEqual(answer.range.start);
        expect(answer.range.end).toBeLessThan(size);
      }),
    );
  });
});
