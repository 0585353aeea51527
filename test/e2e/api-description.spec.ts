import { readFileSync } from 'node:fs';
import type {
  OpenAPIObject,
  OperationObject,
  RequestBodyObject,
  ResponseObject,
} from '@nestjs/swagger';
import { adminApi } from '../support/admin-api.js';
import { checkAgainstDescription, type Answer } from '../support/check-against-description.js';
import { install, type Installation } from '../support/installation.js';

const description = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as OpenAPIObject;

let packyard: Installation;
beforeAll(async () => {
  packyard = await install({ env: { PACKYARD_CONFIG: 'config/packyard.yml' } });
});
afterAll(() => packyard.remove());

const api = () => adminApi(packyard.admin);

it('is what the listener serves', async () => {
  const { body } = await api().get('/docs/openapi.json').expect(200);
  expect(body).toEqual(description);
});

describe('an example of a request', () => {
  const examples = Object.entries(description.paths).flatMap(([path, operations]) =>
    (['post', 'put', 'patch'] as const).flatMap((method) => {
      const body = operations[method]?.requestBody as RequestBodyObject | undefined;
      return Object.entries(body?.content['application/json']?.examples ?? {}).map(
        ([name, example]) => ({ method, path, name, body: (example as { value: object }).value }),
      );
    }),
  );

  it('is there for each body', () => {
    const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
    const bodies = operations.filter((operation) => operation && 'requestBody' in operation);
    const described = new Set(examples.map(({ method, path }) => `${method} ${path}`));
    expect(described.size).toBe(bodies.length);
  });

  it.each(examples)('works as it stands: $method $path, $name', async ({ method, path, body }) => {
    const { id } = await packyard.createKey();
    const answer = await api()[method](path.replace('{id}', id).replace('{n}', '1')).send(body);
    // Of some there has to be a release first, or a promotion that waits.
    const isAboutAnother = /rollbacks|withdrawals|signing-requests|cancel/.test(path);
    expect(`${answer.status} ${answer.text}`).toMatch(isAboutAnother ? /^404 / : /^20[0124] /);
  });
});

describe('an example of an error', () => {
  const key = { component: 'core', label: 'x' };
  const ask = {
    INVALID_REQUEST: () => api().post('/api/v1/keys').send({ component: 'core', colour: 'red' }),
    MALFORMED_JSON: () => api().post('/api/v1/keys').type('json').send('{'),
    UNKNOWN_COMPONENT: () =>
      api()
        .post('/api/v1/keys')
        .send({ ...key, component: 'horizon' }),
    FOREIGN_HOST: () => api().get('/api/v1/keys').set('Host', 'evil.example'),
    FOREIGN_ORIGIN: () => api().post('/api/v1/keys').set('Origin', 'http://evil.example').send(key),
    KEY_NOT_FOUND: () => api().get('/api/v1/keys/11111111-1111-4111-8111-111111111111'),
    COMPONENT_NOT_FOUND: () => api().get('/api/v1/components/horizon'),
    BODY_TOO_LARGE: () =>
      api()
        .post('/api/v1/keys')
        .send({ ...key, label: 'x'.repeat(2 ** 20) }),
    UNSUPPORTED_MEDIA_TYPE: () => api().post('/api/v1/keys').type('text/plain').send('{}'),
  };
  const examples = new Map(
    Object.values(description.paths)
      .flatMap((path) => Object.values(path) as OperationObject[])
      .flatMap(({ responses }) => Object.values(responses) as ResponseObject[])
      .flatMap(({ content }) => Object.entries(content?.['application/json']?.examples ?? {}))
      .map(([code, example]) => [code, (example as { value: object }).value]),
  );

  it.each(Object.entries(ask))('is what is answered: %s', async (code, provoke) => {
    const { body } = await provoke();
    expect(body).toEqual({ ...examples.get(code), request_id: expect.any(String) });
  });
});

describe('an answer that is not as described', () => {
  let created: Answer;
  let revoked: Answer;
  beforeAll(async () => {
    const answer = async (asked: ReturnType<ReturnType<typeof adminApi>['get']>) => {
      const { status, headers, text } = await asked;
      return { status, headers, text };
    };
    const made = await answer(api().post('/api/v1/keys').send({ component: 'core', label: 'x' }));
    created = { method: 'POST', path: '/api/v1/keys', ...made };
    const path = `/api/v1/keys/${JSON.parse(made.text).id}`;
    revoked = { method: 'DELETE', path, ...(await answer(api().delete(path))) };
  });
  const withBody = (change: object) => ({
    ...created,
    text: JSON.stringify({ ...JSON.parse(created.text), ...change }),
  });

  it('is told from one that is', () => {
    expect(() => checkAgainstDescription(created)).not.toThrow();
    expect(() => checkAgainstDescription(revoked)).not.toThrow();
  });

  it.each<[string, () => Answer, string]>([
    ['a status', () => ({ ...created, status: 200 }), 'does not have this status'],
    ['a field', () => withBody({ secret: 'x' }), 'additional properties'],
    ['no field', () => withBody({ label: undefined }), "required property 'label'"],
    ['a null', () => withBody({ label: null }), 'label must be string'],
    ['a format', () => withBody({ created_at: '24 November' }), 'must match format "date-time"'],
    ['a deep field', () => withBody({ secrets: [{ hash: 'x' }] }), 'secrets/0 must NOT have'],
    [
      'a media type',
      () => ({ ...created, headers: { ...created.headers, 'content-type': 'text/html' } }),
      'media type "text/html"',
    ],
    [
      'a header',
      () => ({ ...created, headers: { ...created.headers, location: '/' } }),
      'header location',
    ],
    ['no header', () => ({ ...revoked, headers: {} }), 'Packyard-Propagation is missing'],
    [
      'a value of a header',
      () => ({ ...revoked, headers: { 'packyard-propagation': 'perhaps' } }),
      'Packyard-Propagation is not',
    ],
    ['a body where there is none', () => ({ ...revoked, text: '{}' }), 'no body'],
    [
      'a code of another status',
      () => ({
        ...created,
        status: 415,
        text: '{"code":"KEY_NOT_FOUND","message":"","request_id":"5b0f6c1e-6f0c-4a55-9d6c-0d1b1f6f3f0a"}',
      }),
      'the code KEY_NOT_FOUND',
    ],
    ['an operation', () => ({ ...created, path: '/api/v1/nope' }), 'no such operation'],
    [
      'an error of another form',
      () => ({ ...created, path: '/nope', status: 404, text: '{"error":"x"}' }),
      "required property 'code'",
    ],
  ])('is seen by %s', (_, answer, problem) => {
    expect(() => checkAgainstDescription(answer())).toThrow(problem);
  });
});
