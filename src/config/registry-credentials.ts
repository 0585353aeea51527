import { passwordFileRefused, passwordIn } from './password-file.js';

const SETTING = 'REGISTRY_PASSWORD_FILE';

/** Who promotes images to a registry that asks. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Who we are to the registry; undefined where no user is named, and it lets this process write without a login.
 *
 * @param password empty where it is in the file
 * @param file empty where the password is said, or none is needed
 * @throws StartError when the file cannot be read or is empty, when there is no user, or a password already
 */
export function registryCredentials(
  username: string,
  password: string,
  file: string,
): RegistryCredentials | undefined {
  if (file === '') return username === '' ? undefined : { username, password };
  if (username === '') throw passwordFileRefused(SETTING, 'REGISTRY_USERNAME is empty');
  if (password !== '') {
    throw passwordFileRefused(SETTING, 'REGISTRY_PASSWORD is set too; leave one of them out');
  }
  return { username, password: passwordIn(file, SETTING) };
}
