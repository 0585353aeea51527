import type { ClientSetup, SetupOrder } from './key-setup.js';
import { authFile, imageOf, type OciComponent } from './registry-login.js';
import { word } from './root-shell.js';

/** Not podman's own default for the file, which is in memory and gone after a restart (containers-auth.json(5)). */
const AUTH_FILE = '.config/containers/auth.json';

/** podman asks for the password itself, without echo. */
export function podmanSetup(order: SetupOrder, components: readonly OciComponent[]): ClientSetup {
  const { host } = order.site;
  const pulls = components.map(
    (component) => `podman pull --authfile ~/${AUTH_FILE} ${word(imageOf(order, component))}`,
  );
  return {
    client: 'podman',
    title: 'podman, skopeo, buildah',
    explanation:
      'Paste it into the shell of the user who runs podman; podman asks for the password, which is the key, ' +
      `and keeps it in ~/${AUTH_FILE}, readable by that user alone. To hold keys of several ` +
      'subscriptions of this host, log in to HOST/oci/NAME instead of HOST, once for each.',
    text: `${[`podman login --authfile ~/${AUTH_FILE} --username subscriber ${word(host)}`, ...pulls].join(' &&\n  ')}\n`,
    files: [{ path: `~/${AUTH_FILE}`, mode: '0600', content: `${authFile(order, [host])}\n` }],
  };
}
