import type request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { install, type Installation } from '../support/installation.js';

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

const api = () => adminApi(packyard.admin);
const audit = async (query = '') => (await api().get(`/api/v1/audit?${query}`).expect(200)).body;

describe('the audit', () => {
  it('begins with the catalogue that was read at start', async () => {
    expect(await audit('action=catalogue.replace')).toMatchObject([
      {
        actor: 'packyard',
        subject: 'catalogue',
        details: { added: ['core', 'minion', 'open'], removed: [], changed: [] },
        request_id: null,
      },
    ]);
  });

  it('has every change to a key, who made it and by which request, and no secret', async () => {
    const asAlice = { 'X-Packyard-Actor': 'alice@vm' };
    const created = await api()
      .post('/api/v1/keys')
      .set(asAlice)
      .send({ component: 'core', label: 'audited' });
    const { id, key } = created.body;
    await api().patch(`/api/v1/keys/${id}`).set(asAlice).send({ label: 'renamed' }).expect(200);
    const rotated = await api().post(`/api/v1/keys/${id}/rotate`).expect(201);
    await api().delete(`/api/v1/keys/${id}`).set(asAlice).expect(204);
    await api().delete(`/api/v1/keys/${id}`).set(asAlice).expect(204); // changes nothing

    const events = await audit(`subject=key:${id}`);
    expect(events.map(({ action }: { action: string }) => action)).toEqual([
      'key.revoke',
      'key.rotate',
      'key.update',
      'key.create',
    ]);
    expect(events[0]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/Z$/),
      actor: 'alice@vm',
      action: 'key.revoke',
      subject: `key:${id}`,
      details: { label: 'renamed' },
      request_id: expect.any(String),
    });
    expect(events[1].actor).toBe('unknown');
    expect(events[2].details).toEqual({ from: { label: 'audited' }, to: { label: 'renamed' } });
    for (const secret of [key, rotated.body.key]) {
      expect(JSON.stringify(events)).not.toContain(secret);
      expect(JSON.stringify(events)).toContain(secret.slice(-4)); // its hint
    }
  });

  it('has nothing of what was refused', async () => {
    const before = await audit();
    await api().post('/api/v1/keys').send({ component: 'nope', label: 'x' }).expect(422);
    await api().delete('/api/v1/keys/11111111-1111-4111-8111-111111111111').expect(404);
    expect(await audit()).toEqual(before);
  });

  it('is filtered, and paged by Link', async () => {
    const asBob = { 'X-Packyard-Actor': 'bob' };
    const began = new Date();
    for (let i = 0; i < 5; i++) {
      await api()
        .post('/api/v1/keys')
        .set(asBob)
        .send({ component: 'core', label: `${i}` });
    }
    expect(await audit('actor=bob&action=key.create')).toHaveLength(5);
    expect(await audit(`actor=bob&since=${began.toISOString()}`)).toHaveLength(5);
    expect(await audit(`actor=bob&until=${began.toISOString()}`)).toHaveLength(0);

    const labels: string[] = [];
    let next: string | undefined = '/api/v1/audit?actor=bob&limit=2';
    while (next) {
      const answer: request.Response = await api().get(next).expect(200);
      labels.push(...answer.body.map((each: { details: { label: string } }) => each.details.label));
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.link ?? '')?.[1];
    }
    expect(labels).toEqual(['4', '3', '2', '1', '0']);
  });

  it.each(['cursor=x', 'cursor=99999999999999999999', 'limit=0', 'since=today', 'who=bob'])(
    'asked for %s refuses',
    async (query) => {
      const { body } = await api().get(`/api/v1/audit?${query}`).expect(400);
      expect(body.code).toBe('INVALID_REQUEST');
    },
  );

  it.each([
    `UPDATE audit_event SET actor = 'nobody'`,
    `DELETE FROM audit_event`,
    `DELETE FROM audit_event WHERE false`,
    `TRUNCATE audit_event`,
    `INSERT INTO audit_event OVERRIDING SYSTEM VALUE
       SELECT 1, now(), 'x', 'x', 'x', '{}', NULL ON CONFLICT (id) DO UPDATE SET actor = 'x'`,
  ])('is not rewritten, not even by its own database user: %s', async (sql) => {
    const before = await audit('limit=500');
    await expect(packyard.database.query(sql)).rejects.toThrow('append-only');
    expect(await audit('limit=500')).toEqual(before);
  });

  it('takes only GET', async () => {
    await api().post('/api/v1/audit').send({}).expect(404);
    await api().delete('/api/v1/audit').expect(404);
  });
});
