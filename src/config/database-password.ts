import { passwordFileRefused, passwordIn } from './password-file.js';

const SETTING = 'DATABASE_PASSWORD_FILE';

/**
 * The URL with the password that the file holds; the URL as it is where no file is named.
 *
 * @throws StartError when the file cannot be read or is empty, or when the URL has no host, or a password
 *   already: the one that counts would be anybody's guess
 */
export function withPasswordOf(file: string, databaseUrl: string): string {
  if (file === '') return databaseUrl;
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (!url?.hostname || !url.username || url.password) {
    throw passwordFileRefused(
      SETTING,
      'DATABASE_URL has to name a user and a host then, and no password',
    );
  }
  url.password = encodeURIComponent(passwordIn(file, SETTING));
  return url.href;
}
