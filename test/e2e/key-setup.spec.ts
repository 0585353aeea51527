import { adminApi } from '../support/admin-api.js';
import { install, type Installation } from '../support/installation.js';

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

const api = () => adminApi(packyard.admin);
const order = { components: ['core', 'minion'], label: 'Acme' };

interface Client {
  client: string;
  text: string;
  files: { path: string; mode: string; content: string }[];
}

describe('the set-up of a key', () => {
  it('is in the answer that makes it, with the secret in files that its owner alone may read', async () => {
    const { body } = await api().post('/api/v1/keys').send(order).expect(201);
    const clients = body.setup.clients as Client[];
    expect(clients.map(({ client }) => client)).toEqual([
      'dnf',
      'apt',
      'zypper',
      'ansible',
      'docker',
      'podman',
      'kubernetes',
    ]);
    const withSecret = clients
      .flatMap(({ files }) => files)
      .filter(({ content }) => content.includes(body.key));
    expect(withSecret.length).toBeGreaterThan(0);
    for (const { mode } of withSecret) expect(mode).toBe('0600');
    for (const { text } of clients) expect(text).not.toContain(body.key);
    expect(body.setup.signing_key).toMatchObject({
      url: `${packyard.gateway}/gpg/lts.asc`,
      fingerprints: [expect.stringMatching(/^[0-9A-F]{40,64}$/)],
    });
  });

  it('is shown later with a placeholder, and is the same but for that', async () => {
    const { body } = await api().post('/api/v1/keys').send(order).expect(201);
    const shown = await api().get(`/api/v1/keys/${body.id}/setup`).expect(200);
    const login = Buffer.from(`subscriber:${body.key}`).toString('base64');
    const withoutSecret = JSON.stringify(body.setup)
      .replaceAll(login, '<base64 of subscriber:<KEY>>')
      .replaceAll(body.key, '<KEY>');
    expect(shown.body).toEqual(JSON.parse(withoutSecret));
    expect(withoutSecret).toContain('<KEY>');
    expect(JSON.stringify(shown.body)).not.toContain(body.key);
  });

  it('is of the newest series, or of the one that is asked for', async () => {
    const { id } = await packyard.createKey();
    const text = async (query: string) =>
      JSON.stringify((await api().get(`/api/v1/keys/${id}/setup${query}`).expect(200)).body);
    expect(await text('')).toContain('/rpm/core/2025/');
    expect(await text('?series=2024')).toContain('/rpm/core/2024/');
    expect(await text('?series=1999')).toContain('has no series');
  });

  it('comes with the new secret of a rotation', async () => {
    const { id } = await packyard.createKey();
    const { body } = await api().post(`/api/v1/keys/${id}/rotate`).expect(201);
    expect(JSON.stringify(body.setup)).toContain(body.key);
  });

  it('is of no key that never was', async () => {
    await api().get('/api/v1/keys/11111111-1111-4111-8111-111111111111/setup').expect(404);
    await api().get('/api/v1/keys/7/setup').expect(400);
  });
});
