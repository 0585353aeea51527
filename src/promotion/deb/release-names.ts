/** What apt takes a distribution to be; it stops when one of them changes. */
export interface ReleaseNames {
  readonly origin: string;
  readonly label: string;
}

/**
 * What the first release of a distribution is called; every later one keeps the names of the one before. `Suite` and
 * `Codename` are the distribution. Pinning and unattended upgrades go by them: `o=LTS,l=core-2025,n=bookworm`.
 */
export function firstNames(component: string, series: string): ReleaseNames {
  return { origin: 'LTS', label: `${component}-${series}` };
}
