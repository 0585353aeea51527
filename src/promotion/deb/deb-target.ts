/** A DEB target in its two parts; no architecture of the catalogue has a hyphen. */
export interface DebTarget {
  readonly distribution: string;
  /** `all` too. */
  readonly architecture: string;
}

/** @param target `bookworm-amd64`, `bookworm-all` */
export function parseDebTarget(target: string): DebTarget {
  const hyphen = target.lastIndexOf('-');
  return { distribution: target.slice(0, hyphen), architecture: target.slice(hyphen + 1) };
}
