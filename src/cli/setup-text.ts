import type { components } from './admin-api.js';
import { usageError } from './cli-error.js';

type Setup = components['schemas']['SetupDto'];
type Client = Setup['clients'][number]['client'];

export const SETUP_CLIENTS = [
  'dnf',
  'apt',
  'zypper',
  'docker',
  'podman',
  'kubernetes',
  'ansible',
] as const satisfies readonly Client[];

/**
 * What to paste: for one client its text alone, for all of them each under its title.
 *
 * @throws CliError for a client that the key is of no use to
 */
export function setupText({ clients, notes }: Setup, client?: Client): string {
  if (client !== undefined) {
    const wanted = clients.find((each) => each.client === client);
    if (wanted) return wanted.text.trimEnd();
    const known = clients.map((each) => each.client).join(', ');
    throw usageError(
      [`There is nothing to set up for ${client}, but for: ${known || 'nothing'}.`, ...notes].join(
        '\n',
      ),
    );
  }
  return clients
    .map(({ title, explanation, text }) => `# ${title}\n# ${explanation}\n\n${text.trimEnd()}`)
    .join('\n\n\n');
}
