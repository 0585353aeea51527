import type { ClientSetup, SetupOrder } from './key-setup.js';
import { authFile, imageOf, type OciComponent } from './registry-login.js';
import { word } from './root-shell.js';

/** docker asks for the password itself, without echo: nothing of it is in a history or in `ps`. */
export function dockerSetup(order: SetupOrder, components: readonly OciComponent[]): ClientSetup {
  const { host } = order.site;
  const pulls = components.map((component) => `docker pull ${word(imageOf(order, component))}`);
  return {
    client: 'docker',
    title: 'docker',
    explanation:
      'Paste it into the shell of the user who runs docker; docker asks for the password, which is the key. ' +
      'The login is needed for public images too: docker asks the server for one before anything else. docker holds ' +
      'one key a host, in ~/.docker/config.json, as text that is merely encoded unless a credential helper ' +
      'is set up: one key that opens every component you need is what fits it.',
    text: `${[`docker login --username subscriber ${word(host)}`, ...pulls].join(' &&\n  ')}\n`,
    files: [
      { path: '~/.docker/config.json', mode: '0600', content: `${authFile(order, [host])}\n` },
    ],
  };
}
