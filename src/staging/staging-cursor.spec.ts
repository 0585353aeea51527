import { decodeStagingCursor, encodeStagingCursor } from './staging-cursor.js';

it.each(['core/2025/rpm/el9-x86_64/a.rpm', 'größe 日本', 'x'])('keeps %s', (path) => {
  expect(decodeStagingCursor(encodeStagingCursor(path))).toBe(path);
});

it.each(['', '%', 'a b', 'Y29yZQ==', '_w'])('is not "%s"', (cursor) => {
  expect(decodeStagingCursor(cursor)).toBeUndefined();
});
