import type { StagedFile } from './staging-store.js';

/** A file that waits in staging. */
export class StagedFileDto {
  /**
   * Null, as are the other three, where the file is not at `{component}/{series}/{format}/{target}/{file}`.
   * @example core
   */
  component: string | null;

  /** @example "2025" */
  series: string | null;

  /** @example rpm */
  format: string | null;

  /** @example el9-x86_64 */
  target: string | null;

  /** @example acme-1.0-1.el9.x86_64.rpm */
  file: string;

  /**
   * All of where it is.
   * @example core/2025/rpm/el9-x86_64/acme-1.0-1.el9.x86_64.rpm
   */
  path: string;

  /** Bytes. */
  size: number;

  /** As its `.sha256` says; null where that cannot be read. */
  sha256: string | null;

  staged_at: string;

  /**
   * `complete`: it can be promoted. `incomplete`: its `.sha256`, or for a `.sha256` its file, is not there yet
   * or is malformed. `refused`: it cannot be promoted as it is.
   */
  state: 'complete' | 'incomplete' | 'refused';

  /** Why it is not complete; null where it is. */
  problem: string | null;
}

export function stagedFileDto(staged: StagedFile): StagedFileDto {
  const segments = staged.path.split('/');
  const [component, series, format, target] =
    segments.length === 5 ? (segments as [string, string, string, string]) : NOWHERE;
  return {
    component,
    series,
    format,
    target,
    file: segments.at(-1)!,
    path: staged.path,
    size: staged.size,
    sha256: staged.state === 'complete' ? staged.sha256 : null,
    staged_at: staged.stagedAt.toISOString(),
    state: staged.state,
    problem: staged.state === 'complete' ? null : staged.problem,
  };
}

const NOWHERE = [null, null, null, null] as const;
