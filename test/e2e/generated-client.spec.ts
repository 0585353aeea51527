import createClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../src/cli/admin-api.js';
import { ask } from '../support/ask.js';
import { checkAgainstDescription } from '../support/check-against-description.js';
import { install, type Installation } from '../support/installation.js';

let packyard: Installation;
let api: Client<paths>;
beforeAll(async () => {
  packyard = await install();
  api = createClient<paths>({ baseUrl: packyard.admin });
  api.use({
    async onResponse({ request, response }) {
      checkAgainstDescription({
        method: request.method,
        path: new URL(request.url).pathname,
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text: await response.clone().text(),
      });
    },
  });
});
afterAll(() => packyard.remove());

describe('a client generated from the description', () => {
  it('makes a key, finds it, and revokes it', async () => {
    const {
      data: made,
      error,
      response,
    } = await api.POST('/api/v1/keys', {
      body: { component: 'core', label: 'Acme Corp', customer: 'C-4711' },
    });
    if (!made) throw new Error(`${error.code}: ${error.message}`);
    expect(response.status).toBe(201);
    const { key, setup: _setup, ...shown } = made;
    await ask(packyard.auth, key).expect(200);

    const { data: list } = await api.GET('/api/v1/keys', {
      params: { query: { component: 'core', state: 'active', limit: 10 } },
    });
    expect(list).toEqual([shown]);
    const { data: one } = await api.GET('/api/v1/keys/{id}', { params: { path: { id: made.id } } });
    expect(one).toEqual(shown);

    const revoked = await api.DELETE('/api/v1/keys/{id}', { params: { path: { id: made.id } } });
    expect(revoked.error).toBeUndefined();
    expect(revoked.response.headers.get('Packyard-Propagation')).toBe('confirmed');
    await ask(packyard.auth, key).expect(401);
  });

  it('gets errors whose codes its compiler knows', async () => {
    const { data, error } = await api.POST('/api/v1/keys', {
      body: { component: 'nope', label: 'Acme Corp' },
    });
    expect(data).toBeUndefined();
    const code: 'UNKNOWN_COMPONENT' | undefined =
      error?.code === 'UNKNOWN_COMPONENT' ? error.code : undefined;
    expect(code).toBe('UNKNOWN_COMPONENT');
    expect(error?.request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('does not compile where the description says otherwise', async () => {
    // @ts-expect-error: a key needs a label
    const { error: unlabelled } = await api.POST('/api/v1/keys', { body: { component: 'core' } });
    expect(unlabelled?.code).toBe('INVALID_REQUEST');
    const { error: stateless } = await api.GET('/api/v1/keys', {
      // @ts-expect-error: a key is in one of three states
      params: { query: { state: 'lost' } },
    });
    expect(stateless?.code).toBe('INVALID_REQUEST');
  });
});
