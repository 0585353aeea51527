import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';
import type { Site } from '../../clients/support/site.js';

export interface Promotion {
  id: string;
  state: string;
  base: string | null;
  release: string | null;
  error: { code: string; message: string } | null;
  cancel_reason: string | null;
  warnings: string[];
  finished_at: string | null;
  steps: {
    name: string;
    started_at: string;
    finished_at: string | null;
    done: number;
    total: number | null;
  }[];
}

export interface SigningRequest {
  n: number;
  form: 'rpm-header' | 'detached' | 'clearsigned' | 'cosign';
  path: string;
  signed: boolean;
}

/**
 * Signs whatever it is asked to, with the real tools: what the server makes of signatures is tested with it.
 * What a signer has to check is tested elsewhere.
 */
export class WillingSigner {
  constructor(
    private readonly site: Site,
    private readonly stagingFolder: string,
  ) {}

  /** Signs until the promotion ends, and answers it. */
  async see(id: string): Promise<Promotion> {
    for (;;) {
      const promotion = await this.get<Promotion>(`promotions/${id}`);
      if (!['queued', 'running', 'awaiting_signatures'].includes(promotion.state)) return promotion;
      await this.signWhatWaits(id);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** All that is asked for now. */
  async signWhatWaits(id: string): Promise<void> {
    const requests = await this.get<SigningRequest[]>(`promotions/${id}/signing-requests`);
    for (const each of requests.filter(({ signed }) => !signed)) await this.sign(id, each);
  }

  /** A copy of what is to be signed. */
  async subjectOf(id: string, { form, path }: SigningRequest): Promise<string> {
    const copy = join(await mkdtemp(join(this.site.folder, 'signer-')), basename(path));
    if (form === 'rpm-header') {
      await copyFile(join(this.stagingFolder, basename(path)), copy);
      return copy;
    }
    const inTree = path.replace('snapshot/tree/', '');
    const answer = await fetch(
      `${this.site.packyard.admin}/api/v1/promotions/${id}/snapshot?path=${encodeURIComponent(inTree)}`,
    );
    await writeFile(copy, Buffer.from(await answer.arrayBuffer()));
    return copy;
  }

  async signatureOver(
    file: string,
    form: SigningRequest['form'],
    key = this.site.signingKey,
  ): Promise<Buffer> {
    if (form === 'rpm-header') {
      await key.signRpms([file]);
      const query = ['-qp', '--nosignature', '--qf', '%{rsaheader:base64}', file];
      return Buffer.from(await mustRun('rpm', query), 'base64');
    }
    const signature = `${file}.signature`;
    if (form === 'detached') await key.signDetached(file, signature);
    else await key.signInline(file, signature);
    return readFile(signature);
  }

  private async sign(id: string, request: SigningRequest): Promise<void> {
    const signature = (
      await this.signatureOver(await this.subjectOf(id, request), request.form)
    ).toString('base64');
    const answer = await fetch(
      `${this.site.packyard.admin}/api/v1/promotions/${id}/signing-requests/${request.n}`,
      {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ signature }),
      },
    );
    // 404: the promotion has gone on, and asks for something else.
    if (answer.status !== 204 && answer.status !== 404) {
      throw new Error(`${answer.status} ${await answer.text()}`);
    }
  }

  private async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.site.packyard.admin}/api/v1/${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
