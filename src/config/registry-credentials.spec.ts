import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../common/start-error.js';
import { registryCredentials } from './registry-credentials.js';
import { loadSettings } from './settings.js';

describe('who promotes images', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'packyard-password-'));
    file = join(folder, 'password');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('need not be said', () => {
    expect(registryCredentials('', '', '')).toBeUndefined();
    expect(loadSettings({}).registryCredentials).toBeUndefined();
  });

  it('is said by a password in the environment', () => {
    expect(registryCredentials('packyard', 'hunter2', '')).toEqual({
      username: 'packyard',
      password: 'hunter2',
    });
  });

  it.each(['hunter2', 'hunter2\n', 'hunter2\r\n'])('is said by one in a file: %j', (content) => {
    writeFileSync(file, content);
    const env = { REGISTRY_USERNAME: 'packyard', REGISTRY_PASSWORD_FILE: file };
    expect(loadSettings(env).registryCredentials).toEqual({
      username: 'packyard',
      password: 'hunter2',
    });
  });

  it('is not said by half, nor twice', () => {
    writeFileSync(file, 'hunter2');
    expect(() => registryCredentials('', '', file)).toThrow(/REGISTRY_USERNAME is empty/);
    expect(() => registryCredentials('packyard', 'other', file)).toThrow(/leave one of them out/);
  });

  it('is refused where the file is empty or missing, by its name', () => {
    writeFileSync(file, '\n');
    expect(() => registryCredentials('packyard', '', file)).toThrow(`${file} is empty`);
    const missing = () => registryCredentials('packyard', '', join(folder, 'none'));
    expect(missing).toThrow(StartError);
    expect(missing).toThrow(/REGISTRY_PASSWORD_FILE cannot be used: ENOENT/);
  });
});
