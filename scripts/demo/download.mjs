import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** A registry gives it only to whoever says to know it. */
const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Asks for a package without a key and with it, and says what came of it. */
export async function showDownload({ url, sha256, key, say, signal }) {
  say(`\nGET ${url}`);
  const refused = await fetch(url, { signal });
  await refused.arrayBuffer();
  say(`  without the key: ${refused.status}`);
  if (refused.status !== 401) throw new Error(`${url} should have been refused with 401`);

  const credentials = Buffer.from(`subscriber:${key}`).toString('base64');
  const headers = { Authorization: `Basic ${credentials}`, Accept: `${IMAGE_MANIFEST}, */*` };
  const allowed = await fetch(url, { headers, signal });
  const bytes = Buffer.from(await allowed.arrayBuffer());
  const found = createHash('sha256').update(bytes).digest('hex');
  if (allowed.status !== 200 || found !== sha256) {
    throw new Error(`${url} was answered ${allowed.status} with the SHA-256 ${found}`);
  }
  say(`  with it:         ${allowed.status}, ${bytes.length} bytes, SHA-256 as released: ${found}`);
}
