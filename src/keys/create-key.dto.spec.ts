import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { CreateKeyDto } from './create-key.dto.js';

function problemsWith(fields: object): string[] {
  const body = plainToInstance(CreateKeyDto, { component: 'core', label: 'Acme', ...fields });
  return validateSync(body).flatMap(({ constraints = {} }) => Object.values(constraints));
}

describe.each(['label', 'customer'])('the %s of a key', (field) => {
  it.each([
    ['one character', 'x'],
    ['200 characters', 'x'.repeat(200)],
    ['200 characters beyond the basic plane', '🎉'.repeat(200)],
    ['every script', 'Größe & Söhne — 株式会社 شركة 🎉'],
    ['an apostrophe, quotes and a backslash', `O'Brien "x" \\`],
  ])('may be %s', (_, text) => {
    expect(problemsWith({ [field]: text })).toEqual([]);
  });

  it.each([
    ['empty', '', 'longer than'],
    ['201 characters', 'x'.repeat(201), 'shorter than'],
    ['more than PostgreSQL counts as 200: an emoji here is two', '❤️'.repeat(101), 'shorter than'],
    ['a line break', 'a\nb', 'control characters'],
    ['a NUL', 'a\0b', 'control characters'],
    ['an escape', '\u001b[31m', 'control characters'],
    ['a C1 control', 'a\u009bb', 'control characters'],
    ['half a surrogate pair', 'a\ud83cb', 'control characters'],
    ['a number', 7, 'must be a string'],
    ['a list', ['x'], 'must be a string'],
  ])('may not be %s', (_, value, problem) => {
    expect(problemsWith({ [field]: value }).join()).toContain(problem);
  });
});
