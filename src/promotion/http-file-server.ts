import type { FileServer } from './file-server.js';

/** Milliseconds for an answer: it is waited for while a promotion that is live is not yet recorded. */
const TIME_LIMIT = 5_000;

/** nginx, which serves what lies in the scope that Traefik names to it (deploy/nginx/packages.conf). */
export class HttpFileServer implements FileServer {
  /** @param name its URL, without a slash at its end */
  constructor(readonly name: string) {}

  async read(path: string): Promise<Buffer> {
    const [format, component] = path.split('/');
    const answer = await fetch(`${this.name}/${path}`, {
      headers: { 'X-Packyard-Scope': `/${format}/${component}/` },
      redirect: 'error',
      signal: AbortSignal.timeout(TIME_LIMIT),
    }).catch((error: Error) => {
      const why =
        error.name === 'TimeoutError' ? `none within ${TIME_LIMIT / 1000} s` : reason(error);
      throw new Error(`there was no answer: ${why}`);
    });
    if (answer.status !== 200) throw new Error(`the answer was ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }
}

/** What `fetch` says of a failure stands in its cause. */
function reason({ message, cause }: Error): string {
  return (cause as Error | undefined)?.message ?? message;
}
