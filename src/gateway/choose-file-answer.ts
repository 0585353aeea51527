import type { IncomingHttpHeaders } from 'node:http';

/** What a conditional request is compared with. */
export interface FileVersion {
  /** Bytes. */
  readonly size: number;
  /** A strong entity tag with its quotes (RFC 9110, section 8.8.3). */
  readonly etag: string;
  /** Whole seconds since 1970: more does not fit into `Last-Modified`. */
  readonly modified: number;
}

/** Bytes of a file, both inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type FileAnswer =
  { readonly status: 200 | 304 | 412 | 416 } | { readonly status: 206; readonly range: ByteRange };

/**
 * How to answer a GET or HEAD for a file, in the order of RFC 9110, section 13.2.2.
 *
 * The date of If-Modified-Since has to be *equal* to the file's, as with nginx: a
 * rollback puts an older file in place of a newer one, and "not modified since"
 * would then let the client keep what was taken back.
 *
 * Several ranges in one request get the whole file (section 14.2 allows it): no
 * package client needs them, and they have been used to exhaust servers.
 */
export function chooseFileAnswer(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  file: FileVersion,
): FileAnswer {
  if (isPreconditionFailed(headers, file)) return { status: 412 };
  if (isNotModified(headers, file)) return { status: 304 };
  // Section 14.2: Range is for GET alone.
  if (method !== 'GET' || !isRangeWanted(headers, file)) return { status: 200 };

  const range = parseRange(headers.range ?? '', file.size);
  if (range === 'ignore') return { status: 200 };
  if (range === 'unsatisfiable') return { status: 416 };
  return { status: 206, range };
}

function isPreconditionFailed(headers: IncomingHttpHeaders, file: FileVersion): boolean {
  const match = headers['if-match'];
  if (match !== undefined) {
    return match.trim() !== '*' && !entityTags(match).includes(file.etag);
  }
  const unmodifiedSince = seconds(headers['if-unmodified-since']);
  return unmodifiedSince !== undefined && file.modified > unmodifiedSince;
}

function isNotModified(headers: IncomingHttpHeaders, file: FileVersion): boolean {
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) {
    const opaque = (tag: string) => tag.replace(/^W\//, '');
    return noneMatch.trim() === '*' || entityTags(noneMatch).map(opaque).includes(file.etag);
  }
  return seconds(headers['if-modified-since']) === file.modified;
}

/** If-Range (section 13.1.5): a part is of use only to who holds the rest of the same file. */
function isRangeWanted(headers: IncomingHttpHeaders, file: FileVersion): boolean {
  const condition = headers['if-range'] as string | undefined;
  if (condition === undefined) return true;
  return condition.includes('"')
    ? condition.trim() === file.etag
    : seconds(condition) === file.modified;
}

/** Section 14.1.2; a header that is none of its forms is ignored, as section 14.2 has it. */
function parseRange(header: string, size: number): ByteRange | 'ignore' | 'unsatisfiable' {
  const [, first, last] = /^\s*bytes\s*=\s*(\d*)-(\d*)\s*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined || first + last === '') return 'ignore';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? Infinity : Number(last);
  if (start > end) return 'ignore';
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
}

function entityTags(header: string): string[] {
  return header.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** An HTTP date; undefined for what is none, which is as if the header were not there. */
function seconds(date: string | undefined): number | undefined {
  const milliseconds = Date.parse(date ?? '');
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
