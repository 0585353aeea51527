import { Agent, request } from 'undici';

/** Milliseconds for an answer as a whole: a person waits for it. */
const TIMEOUT = 2_000;
/** How many tags are asked for, those that hold signatures among them, and how many are shown. */
const ASKED_TAGS = 1_000;
const SHOWN_TAGS = 100;

/** Tags under which cosign keeps signatures, attestations and bills of materials, and a promotion what is withdrawn. */
const NO_VERSION = /^sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom|withdrawn))?$/;

/** Asks the registry what images there are (OCI distribution spec, "Content Discovery"). */
export class PublishedImages {
  private readonly agent = new Agent({ connect: { timeout: TIMEOUT } });

  constructor(private readonly registryUrl: string) {}

  /**
   * The tags of `oci/{repository}`; empty when there is no such repository.
   * @throws Error that says why they cannot be had: the end of a sentence that names the registry
   */
  async tags(repository: string): Promise<string[]> {
    const { status, text } = await this.get(`/v2/oci/${repository}/tags/list?n=${ASKED_TAGS}`);
    if (status === 404) return [];
    if (status !== 200) throw new Error(`answers ${status}`);
    return readTags(text)
      .filter((tag) => !NO_VERSION.test(tag))
      .slice(0, SHOWN_TAGS);
  }

  /** @throws Error, as `tags` does */
  async ping(): Promise<void> {
    const { status } = await this.get('/v2/');
    if (status === 401) throw new Error('asks for credentials, and has to let anyone read');
    if (status !== 200) throw new Error(`answers ${status}`);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async get(path: string): Promise<{ status: number; text: string }> {
    try {
      const answer = await request(this.registryUrl + path, {
        dispatcher: this.agent,
        signal: AbortSignal.timeout(TIMEOUT),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      const { name, code } = error as NodeJS.ErrnoException;
      const why = name === 'TimeoutError' ? `within ${TIMEOUT / 1000} s` : `(${code ?? name})`;
      throw new Error(`does not answer ${why}`, { cause: error });
    }
  }
}

function readTags(text: string): string[] {
  let tags: unknown;
  try {
    ({ tags } = JSON.parse(text) as { tags?: unknown });
  } catch {
    tags = undefined;
  }
  if (tags === null) return []; // of a repository whose tags were all deleted
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags;
  throw new Error('answers with no list of tags');
}
