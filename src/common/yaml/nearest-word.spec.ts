import { nearestWord } from './nearest-word.js';

describe('nearestWord', () => {
  const words = ['name', 'description', 'series', 'rpm', 'deb', 'oci'];

  it.each([
    ['serie', 'series'],
    ['seires', 'series'],
    ['Name', 'name'],
    ['descripton', 'description'],
    ['debs', 'deb'],
    ['rpn', 'rpm'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearestWord(word, words)).toBe(meant);
  });

  it.each(['', 'x', 'targets', 'abc', 'visibility', 'seriesseries'])(
    'does not guess what %p means',
    (word) => {
      expect(nearestWord(word, words)).toBeUndefined();
    },
  );

  it('prefers the nearest', () => {
    expect(nearestWord('tests', ['texts', 'tests', 'rests'])).toBe('tests');
  });
});
