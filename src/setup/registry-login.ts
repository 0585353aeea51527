import type { SetupComponent, SetupOrder } from './key-setup.js';
import { KEY_PLACEHOLDER } from './key-setup.js';

export type OciComponent = SetupComponent & Required<Pick<SetupComponent, 'oci'>>;

/** `pkg.example.org/oci/lts-core`: what a credential of one repository is filed under. */
export function repositoryOf({ site }: SetupOrder, { oci }: OciComponent): string {
  return `${site.host}/oci/${oci.repository}`;
}

export function imageOf(order: SetupOrder, component: OciComponent): string {
  return `${repositoryOf(order, component)}:${component.series}`;
}

/**
 * The file that `docker login` and `podman login` write (containers-auth.json(5)), with the same
 * credential for each of these places.
 */
export function authFile(
  order: SetupOrder,
  places: readonly string[],
  auth = encodedCredential(order),
): string {
  const auths = Object.fromEntries(places.map((place) => [place, { auth }]));
  return JSON.stringify({ auths }, undefined, 2);
}

/** As HTTP Basic has it (RFC 7617). */
function encodedCredential({ secret }: SetupOrder): string {
  return secret === KEY_PLACEHOLDER
    ? `<base64 of subscriber:${KEY_PLACEHOLDER}>`
    : Buffer.from(`subscriber:${secret}`).toString('base64');
}
