import { readFileSync } from 'node:fs';
import { StartError } from '../common/start-error.js';

/**
 * The password that a file holds, without the newline that an editor leaves at its end.
 *
 * @param setting that names the file, for the message
 * @throws StartError when the file cannot be read or is empty
 */
export function passwordIn(file: string, setting: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw passwordFileRefused(setting, (error as Error).message);
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw passwordFileRefused(setting, `${file} is empty`);
  return password;
}

export function passwordFileRefused(setting: string, reason: string): StartError {
  return new StartError(`${setting} cannot be used: ${reason}.`);
}
