import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { DomainError } from '../../common/domain-error.js';
import type { RegistryCredentials } from '../../config/registry-credentials.js';
import { digestOf, INDEX_TYPE, LARGEST_MANIFEST, MANIFEST_TYPE } from './descriptor.js';

/** Milliseconds for the connection, and without a sign of life while bytes go either way. */
const CONNECT_TIMEOUT = 5_000;
const SILENCE = 120_000;

export interface FoundManifest {
  readonly digest: string;
  readonly bytes: Buffer;
}

/**
 * An OCI registry, as far as publishing needs it (OCI distribution specification 1.1). It keeps to what CNCF
 * distribution and Zot both do.
 *
 * @throws DomainError REGISTRY_UNAVAILABLE everywhere
 */
export class RegistryClient {
  private readonly agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT },
    headersTimeout: SILENCE,
    bodyTimeout: SILENCE,
  });
  private readonly authorization: Record<string, string>;

  /** @param url `http://zot:5000`, without a slash at the end */
  constructor(
    private readonly url: string,
    private readonly credentials?: RegistryCredentials,
  ) {
    const { username, password } = credentials ?? {};
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    this.authorization = credentials ? { authorization: `Basic ${basic}` } : {};
  }

  async ping(): Promise<void> {
    await this.ask('GET', '/v2/', [200]);
  }

  /** Its bytes, and the digest that they have; undefined where there is none. @param reference a tag or a digest */
  async manifest(repository: string, reference: string): Promise<FoundManifest | undefined> {
    const { status, body } = await this.ask(
      'GET',
      manifestPath(repository, reference),
      [200, 404],
      { headers: { accept: `${INDEX_TYPE}, ${MANIFEST_TYPE}` } },
    );
    return status === 404 ? undefined : { digest: digestOf(body), bytes: body };
  }

  /** Idempotent: what is there under that reference is replaced. */
  async putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    bytes: Buffer,
  ): Promise<void> {
    await this.ask('PUT', manifestPath(repository, reference), [200, 201, 202], {
      headers: { 'content-type': mediaType },
      body: bytes,
    });
  }

  /** A digest takes its tags with it; a tag goes alone. Fine where it is not there. */
  async deleteManifest(repository: string, reference: string): Promise<void> {
    await this.ask('DELETE', manifestPath(repository, reference), [200, 202, 404]);
  }

  /** Bytes; undefined where it is not there. */
  async blobSize(repository: string, digest: string): Promise<number | undefined> {
    const { status, length } = await this.ask(
      'HEAD',
      `/v2/${repository}/blobs/${digest}`,
      [200, 404],
    );
    return status === 404 ? undefined : length;
  }

  /** In one piece, unless it is there. @param open its bytes, from the first on */
  async pushBlob(
    repository: string,
    { digest, size }: { digest: string; size: number },
    open: () => Readable | Buffer,
  ): Promise<void> {
    if ((await this.blobSize(repository, digest)) === size) return;
    const begun = await this.ask('POST', `/v2/${repository}/blobs/uploads/`, [202]);
    const place = this.uploadPlace(begun.location);
    place.searchParams.set('digest', digest);
    await this.ask('PUT', place.pathname + place.search, [201], {
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: open(),
    });
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** Credentials and packages go to the registry and nowhere else: of a location, the path counts. */
  private uploadPlace(location: string): URL {
    const place = URL.canParse(location, this.url) ? new URL(location, this.url) : undefined;
    if (place?.pathname.startsWith('/v2/')) return place;
    throw this.unavailable('gives no place for an upload');
  }

  private async ask(
    method: Dispatcher.HttpMethod,
    path: string,
    expected: readonly number[],
    { headers, body }: { headers?: Record<string, string>; body?: Readable | Buffer } = {},
  ): Promise<{ status: number; body: Buffer; length: number; location: string }> {
    const answer = await request(this.url + path, {
      dispatcher: this.agent,
      method,
      headers: { ...this.authorization, ...headers },
      ...(body !== undefined && { body }),
    }).catch((error: unknown) => {
      const { code, name } = error as NodeJS.ErrnoException;
      throw this.unavailable(`does not answer (${code ?? name})`, error);
    });
    const content = await this.readAtMost(LARGEST_MANIFEST, answer);
    if (answer.statusCode === 401 || answer.statusCode === 403) {
      throw this.refused(`${answer.statusCode} to ${method} ${path}`);
    }
    if (!expected.includes(answer.statusCode)) {
      const said = content.toString('utf8', 0, 300).replace(/\s+/g, ' ').trim();
      throw this.unavailable(`answers ${answer.statusCode} to ${method} ${path} ${said}`.trim());
    }
    return {
      status: answer.statusCode,
      body: content,
      length: Number(answer.headers['content-length']),
      location: String(answer.headers.location ?? ''),
    };
  }

  private async readAtMost(
    limit: number,
    { body }: Pick<Dispatcher.ResponseData, 'body'>,
  ): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > limit) throw new Error('it is too long');
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.unavailable(`breaks off its answer (${(error as Error).message})`, error);
    }
    return Buffer.concat(chunks);
  }

  /** It is there, and it is not for us. What it says is left out: that is of no help, and may name who asked. */
  private refused(answer: string): DomainError {
    const { username } = this.credentials ?? {};
    return new DomainError(
      'REGISTRY_UNAVAILABLE',
      `The registry at ${this.url} (REGISTRY_URL) answers ${answer}: ` +
        (username === undefined
          ? 'it asks who writes, and nobody has said. Set REGISTRY_USERNAME and REGISTRY_PASSWORD_FILE.'
          : `it does not let ${username} do that. See that REGISTRY_USERNAME may write there, and that REGISTRY_PASSWORD_FILE (or REGISTRY_PASSWORD) holds that user's password; then start again.`),
    );
  }

  private unavailable(what: string, cause?: unknown): DomainError {
    return new DomainError(
      'REGISTRY_UNAVAILABLE',
      `The registry at ${this.url} (REGISTRY_URL) ${what}. See that it runs and lets this process write.`,
      undefined,
      { cause },
    );
  }
}

function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}
