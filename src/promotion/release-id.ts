import { randomBytes } from 'node:crypto';

/** `20261124T110500Z-3f9a1c`: sorts by the time of the release, and is safe in a path, a URL and a shell. */
export function newReleaseId(at: Date): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}
