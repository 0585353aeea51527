import type { Component } from '../components/catalogue.js';

export const FORMATS = ['rpm', 'deb', 'oci'] as const;
export type Format = (typeof FORMATS)[number];

/** What an operator names: where staged packages belong. */
export interface Destination {
  readonly component: string;
  readonly series: string;
  readonly format: Format;
  /**
   * RPM: `el9-x86_64`. DEB: a distribution and architecture (`bookworm-amd64`, `bookworm-all`). OCI: an
   * architecture to stage under, and `all` to promote.
   */
  readonly target: string;
}

/** The unit that is switched: what is live of it changes in one step. */
export interface Publication {
  readonly component: string;
  readonly series: string;
  readonly format: Format;
  /** RPM alone has a publication a target. */
  readonly target?: string;
}

export function publicationOf({ component, series, format, target }: Destination): Publication {
  return { component, series, format, ...(format === 'rpm' && { target }) };
}

/** Its path in the published tree, by which it is known everywhere: `rpm/core/2025/el9-x86_64`, `deb/core/2025`. */
export function publicationName({ component, series, format, target }: Publication): string {
  return [format, component, series, ...(target === undefined ? [] : [target])].join('/');
}

/** What of an OCI publication is promoted: all architectures at once. */
export const ALL_ARCHITECTURES = 'all';

/** The targets that can be promoted: those under which packages are staged, and images all at once. */
export function promotionTargets(component: Component, format: Format): readonly string[] {
  if (format !== 'oci') return stagingTargets(component, format);
  return component.oci ? [ALL_ARCHITECTURES] : [];
}

/** Where the files of a promotion are staged: of images, under each architecture that the catalogue has. */
export function stagingPlaces(destination: Destination, component: Component): Destination[] {
  if (destination.format !== 'oci') return [destination];
  return stagingTargets(component, 'oci').map((target) => ({ ...destination, target }));
}

/** The targets under which packages of a component can be staged, in the order of the catalogue. */
export function stagingTargets({ rpm, deb, oci }: Component, format: Format): readonly string[] {
  switch (format) {
    case 'rpm':
      return rpm?.targets ?? [];
    case 'deb':
      return (deb?.distributions ?? []).flatMap((distribution) =>
        [...(deb?.architectures ?? []), 'all'].map(
          (architecture) => `${distribution}-${architecture}`,
        ),
      );
    case 'oci':
      return oci?.architectures ?? [];
  }
}
