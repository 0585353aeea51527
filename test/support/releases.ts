import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Publication } from '../../src/promotion/publication.js';
import type { ReleaseDocument } from '../../src/promotion/release.js';

export const EL9: Publication = {
  component: 'core',
  series: '2025',
  format: 'rpm',
  target: 'el9-x86_64',
};

/** The id of the n-th release, in the order of age. */
export function releaseId(n: number): string {
  return `20261124T${String(n).padStart(6, '0')}Z-3f9a1c`;
}

/** A document without packages; the promotion has the id of the release. */
export function releaseDocument(
  id: string,
  base: string | undefined,
  publication = EL9,
): Omit<ReleaseDocument, 'carried'> {
  return {
    version: 1,
    id,
    publication,
    kind: 'promotion',
    promotion: id,
    target: publication.target ?? 'bookworm-amd64',
    base: base ?? null,
    created_at: '2026-11-24T11:05:00.000Z',
    actor: 'test',
    packages: [],
    extras: [],
  };
}

/** Builds a tree of files: their content by their path. */
export async function buildTree(folder: string, files: Record<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
