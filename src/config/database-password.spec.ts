import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../common/start-error.js';
import { withPasswordOf } from './database-password.js';
import { loadSettings } from './settings.js';

const URL_WITHOUT = 'postgresql://packyard@postgres:5432/packyard';

describe('the file of the database’s password', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'packyard-password-'));
    file = join(folder, 'password');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is not needed', () => {
    expect(withPasswordOf('', URL_WITHOUT)).toBe(URL_WITHOUT);
    expect(withPasswordOf('', '')).toBe('');
  });

  it.each(['hunter2', 'hunter2\n', 'hunter2\r\n'])('completes the URL: %j', (content) => {
    writeFileSync(file, content);
    expect(withPasswordOf(file, URL_WITHOUT)).toBe(
      'postgresql://packyard:hunter2@postgres:5432/packyard',
    );
    expect(
      loadSettings({ DATABASE_URL: URL_WITHOUT, DATABASE_PASSWORD_FILE: file }).databaseUrl,
    ).toContain(':hunter2@');
  });

  it('may hold what has a meaning in a URL', () => {
    writeFileSync(file, 'a:b/c@d%e f\\g');
    expect(decodeURIComponent(new URL(withPasswordOf(file, URL_WITHOUT)).password)).toBe(
      'a:b/c@d%e f\\g',
    );
  });

  it.each([
    '',
    'postgresql:///packyard?host=/run/postgresql',
    'postgresql://postgres/packyard',
    'postgresql://packyard:other@postgres/packyard',
  ])('is refused beside DATABASE_URL=%s', (url) => {
    writeFileSync(file, 'hunter2');
    expect(() => withPasswordOf(file, url)).toThrow(/DATABASE_URL has to name a user and a host/);
  });

  it('is refused where it is empty or missing, by its name', () => {
    writeFileSync(file, '\n');
    expect(() => withPasswordOf(file, URL_WITHOUT)).toThrow(`${file} is empty`);
    expect(() => withPasswordOf(join(folder, 'none'), URL_WITHOUT)).toThrow(StartError);
    expect(() => withPasswordOf(join(folder, 'none'), URL_WITHOUT)).toThrow(/ENOENT/);
  });
});
