import request from 'supertest';

export const CORE = '/rpm/core/2025/el9-x86_64/repodata/repomd.xml';

/** Asks an auth process as Traefik does. */
export function ask(auth: string, key?: string, uri = CORE, method = 'GET'): request.Test {
  const question = request(auth)
    .get('/auth')
    .set({ 'X-Forwarded-Uri': uri, 'X-Forwarded-Method': method });
  return key === undefined ? question : question.auth('subscriber', key);
}

export async function statusOf(auth: string, key?: string, uri?: string): Promise<number> {
  return (await ask(auth, key, uri)).status;
}
