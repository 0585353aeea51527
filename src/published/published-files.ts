import { constants, lstat, open, realpath, statfs } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Component } from '../components/catalogue.js';
import type { PublishedDeb, PublishedRpm } from './published.js';
import { readRelease, readRepomd, type RepositoryMetadata } from './repository-metadata.js';

/** Bytes. The largest that we have seen of these files has a tenth of it. */
const METADATA_LIMIT = 4 * 1024 * 1024;

/** What a path leads to when nothing is there. */
const NOTHING = ['ENOENT', 'ENOTDIR'];

/** Of the file system that the published tree is on. Bytes. */
export interface Space {
  readonly free: number;
  readonly total: number;
}

/** Why a repository cannot be read: the end of a sentence. */
class Unreadable extends Error {}

type Found = Omit<PublishedDeb & PublishedRpm, 'series' | 'target' | 'distribution'>;

const EMPTY: Found = {
  state: 'empty',
  problem: null,
  signed: false,
  revision: null,
  publishedAt: null,
};

/** Looks into the published tree, the way in which clients do. Nothing is held open and nothing changed. */
export class PublishedFiles {
  constructor(private readonly root: string) {}

  rpm({ name, series, rpm }: Component): Promise<PublishedRpm[]> {
    const places = series.flatMap((each) =>
      (rpm?.targets ?? []).map((target) => ({ series: each, target })),
    );
    return Promise.all(
      places.map(async (place) => ({
        ...place,
        ...(await this.find(['rpm', name, place.series, place.target], findRpm)),
      })),
    );
  }

  async deb({ name, series, deb }: Component): Promise<PublishedDeb[]> {
    const places = series.flatMap((each) =>
      (deb?.distributions ?? []).map((distribution) => ({ series: each, distribution })),
    );
    return Promise.all(
      places.map(async (place) => {
        const { revision: _, ...found } = await this.find(['deb', name, place.series], (folder) =>
          findDeb(join(folder, 'dists', place.distribution)),
        );
        return { ...place, ...found };
      }),
    );
  }

  /** @throws NodeJS.ErrnoException when the tree cannot be had */
  async space(): Promise<Space> {
    const { bavail, blocks, bsize } = await statfs(this.root);
    return { free: bavail * bsize, total: blocks * bsize };
  }

  /** @param segments of the path of a publication, which a promotion makes a link to a snapshot */
  private async find(
    segments: readonly string[],
    look: (folder: string) => Promise<Found>,
  ): Promise<Found> {
    try {
      const folder = await this.follow(segments);
      return folder === undefined ? EMPTY : await look(folder);
    } catch (error) {
      return { ...EMPTY, state: 'unreadable', problem: `${segments.join('/')} ${reason(error)}` };
    }
  }

  private async follow(segments: readonly string[]): Promise<string | undefined> {
    const path = join(this.root, ...segments);
    try {
      const [root, folder] = [await realpath(this.root), await realpath(path)];
      // The gateway follows no link out of the tree.
      if (!folder.startsWith(root + sep)) throw new Unreadable('leads out of the published tree');
      return folder;
    } catch (error) {
      if (!isNothing(error)) throw error;
    }
    if (await isLink(path)) throw new Unreadable('is a link that leads nowhere');
    return undefined;
  }
}

async function findRpm(folder: string): Promise<Found> {
  const repomd = await readMetadata(join(folder, 'repodata/repomd.xml'));
  if (repomd === undefined) return EMPTY;
  const signature = await readMetadata(join(folder, 'repodata/repomd.xml.asc'));
  return published(readRepomd(repomd), signature !== undefined, 'repomd.xml');
}

/** As apt asks: `InRelease`, which holds its signature; else `Release` with one beside it. */
async function findDeb(folder: string): Promise<Found> {
  const inRelease = await readMetadata(join(folder, 'InRelease'));
  if (inRelease !== undefined) {
    const signed = inRelease.startsWith('-----BEGIN PGP SIGNED MESSAGE-----');
    return published(readRelease(inRelease), signed, 'InRelease');
  }
  const release = await readMetadata(join(folder, 'Release'));
  if (release === undefined) return EMPTY;
  const signature = await readMetadata(join(folder, 'Release.gpg'));
  return published(readRelease(release), signature !== undefined, 'Release');
}

function published(metadata: RepositoryMetadata | undefined, signed: boolean, file: string): Found {
  if (!metadata) throw new Unreadable(`has a ${file} that is none`);
  return { ...metadata, state: 'published', problem: null, signed };
}

/** Undefined when there is no such file. What is no file, a FIFO for example, is not waited for. */
async function readMetadata(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new Unreadable(`has a ${nameOf(path)} that is no file`);
      if (stats.size > METADATA_LIMIT)
        throw new Unreadable(`has a ${nameOf(path)} that is too large`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isNothing(error)) return undefined;
    throw error;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (isNothing(error)) return false;
    throw error;
  }
}

function isNothing(error: unknown): boolean {
  return NOTHING.includes((error as NodeJS.ErrnoException).code ?? '');
}

function reason(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'no reason was given'})`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(sep) + 1);
}
