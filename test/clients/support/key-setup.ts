import { createLogger } from '../../../src/common/logger.js';
import { Catalogue, type Component } from '../../../src/components/catalogue.js';
import type { CatalogueView } from '../../../src/components/catalogue-view.js';
import type { Client, ClientSetup, KeySetup } from '../../../src/setup/key-setup.js';
import { PublicUrl } from '../../../src/setup/public-url.js';
import { SetupService } from '../../../src/setup/setup.service.js';
import type { Site } from './site.js';

/** The texts for a key of these components, of the catalogue and the signing key that the site has. */
export async function keySetup(
  site: Site,
  components: string[],
  { secret, publicUrl = site.packyard.gateway }: { secret?: string; publicUrl?: string } = {},
): Promise<KeySetup> {
  const answer = await fetch(`${site.packyard.admin}/api/v1/components`);
  const catalogue = new Catalogue({ components: (await answer.json()) as Component[] });
  const service = new SetupService(
    { catalogue } as CatalogueView,
    new PublicUrl({ publicUrl }),
    { publicKeysDir: `${site.folder}/gpg` },
    createLogger('fatal'),
  );
  return service.for({ components, secret });
}

export async function clientSetup(
  site: Site,
  client: Client,
  components = ['core'],
  secret?: string,
): Promise<ClientSetup> {
  const { clients } = secret
    ? await keySetup(site, components, { secret })
    : await shownSetup(site, components);
  const found = clients.find((each) => each.client === client);
  if (!found) throw new Error(`there is no text for ${client}`);
  return found;
}

/** As the admin API shows it for a key of these components. */
async function shownSetup(
  { admin, packyard }: Site,
  components: string[],
): Promise<{ clients: ClientSetup[] }> {
  const { id } = await admin.createKey(components);
  const answer = await fetch(`${packyard.admin}/api/v1/keys/${id}/setup`);
  return (await answer.json()) as { clients: ClientSetup[] };
}
