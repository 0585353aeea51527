/** The requests that the load is made of: what Traefik would ask on behalf of dnf, apt and docker. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** So many different requests at least, that no cache of a few helps. */
const LEAST = 8192;

/** What package clients ask for, each as often as the others. */
const QUESTIONS = [
  (name) => `/rpm/${name}/2025/el9-x86_64/repodata/repomd.xml`,
  (name, n) => `/rpm/${name}/2025/el9-x86_64/repodata/${sha256(n)}-primary.xml.gz`,
  (name, n) => `/rpm/${name}/2025/el9-x86_64/Packages/${name}-server-2025.1.${n}-1.x86_64.rpm`,
  (name, n) => `/rpm/${name}/2025/el9-x86_64/Packages/libstdc%2b%2b-2025.1.${n}-1.x86_64.rpm`,
  (name) => `/deb/${name}/2025/dists/bookworm/InRelease`,
  (name, n) => `/deb/${name}/2025/dists/bookworm/main/binary-amd64/by-hash/SHA256/${sha256(n)}`,
  (name, n) => `/deb/${name}/2025/pool/main/l/lts-${name}/lts-${name}_2025.1.${n}_amd64.deb`,
  (name, n) => `/deb/${name}/2025/pool/main/l/lts-${name}/lts-${name}_2025.1.${n}%2bb1_all.deb`,
  (name) => `/v2/oci/lts-${name}/manifests/2025`,
  (name, n) => `/v2/oci/lts-${name}/manifests/sha256:${sha256(n)}`,
  (name, n) => `/v2/oci/lts-${name}/blobs/sha256:${sha256(n)}`,
  (name, n) => `/oci/v2/lts-${name}/blobs/sha256:${sha256(n)}`,
];

/** Every key in turn, each time for something else in its component. */
export function goodRequests(keys) {
  return build(keys.length, (n) => {
    const { component, secret } = keys[n % keys.length];
    return { component, credentials: secret };
  });
}

/** In equal parts: an unknown key, one with a typo, none, and a revoked one. */
export function badRequests(makeSecret, revoked) {
  const kinds = [
    () => makeSecret(),
    () => withTypo(makeSecret()),
    () => undefined,
    (n) => revoked[n % revoked.length].secret,
  ];
  return build(LEAST, (n) => ({
    component: 'core',
    credentials: kinds[n % kinds.length](Math.floor(n / kinds.length)),
  }));
}

function build(least, whose) {
  const requests = [];
  for (let n = 0; n < Math.max(LEAST, least); n++) {
    const { component, credentials } = whose(n);
    // One further each round, so that it is not in step with the keys or with the kinds of bad ones.
    const question = QUESTIONS[(n + Math.floor(n / QUESTIONS.length)) % QUESTIONS.length];
    requests.push(forwarded(question(component, n), credentials));
  }
  return requests.join('');
}

/** As Traefik asks: the client's own headers and what it says about the request. */
function forwarded(uri, secret) {
  const lines = [
    'GET /auth HTTP/1.1',
    'Host: packyard',
    'User-Agent: libdnf (Rocky Linux 9.5; generic; Linux.x86_64)',
    'Accept: */*',
    'X-Forwarded-For: 192.0.2.17',
    'X-Forwarded-Host: packages.example',
    'X-Forwarded-Method: GET',
    'X-Forwarded-Proto: https',
    `X-Forwarded-Uri: ${uri}`,
  ];
  if (secret !== undefined) {
    const basic = Buffer.from(`subscriber:${secret}`).toString('base64');
    lines.push(`Authorization: Basic ${basic}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function withTypo(secret) {
  const last = secret.at(-1) === '0' ? '1' : '0';
  return secret.slice(0, -1) + last;
}

function sha256(n) {
  return createHash('sha256').update(`package ${n}`).digest('hex');
}
