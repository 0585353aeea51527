import type { Destination } from '../../promotion/publication.js';
import { type AdminApiClient, granted } from '../admin-api-client.js';
import { PromotionFailure } from '../cli-error.js';

export const PUBLICATION_OPTION = {
  string: true,
  requiresArg: true,
  describe:
    'What the release must be of, such as rpm/core/2025/el9-x86_64: the server alone knows it otherwise',
} as const;

/**
 * Where a release is, by the word of the server.
 * @throws PromotionFailure where it is not of the publication that is wanted
 */
export async function releaseOf(
  api: AdminApiClient,
  release: string,
  publication: string | undefined,
): Promise<Destination & { id: string }> {
  const found = await granted(
    api.GET('/api/v1/releases/{id}', { params: { path: { id: release } } }),
  );
  const { component, series, format, target } = found;
  const name = [format, component, series, ...(format === 'rpm' ? [target] : [])].join('/');
  if (found.id !== release || (publication !== undefined && publication !== name)) {
    throw new PromotionFailure(
      1,
      'ANOTHER_PUBLICATION',
      `The server has the release ${found.id} as one of ${name}, and it should be ${release} of ${publication ?? name}.`,
    );
  }
  return { id: release, component, series, format, target };
}
