import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { QueryFailedError } from 'typeorm';
import { isDatabaseUnavailable } from './is-database-unavailable.js';

const withCode = (code: string, fields: object = {}) =>
  Object.assign(new Error('said by a test'), { code, ...fields });

/** As `pg` reports what PostgreSQL answered. */
const answered = (code: string) => withCode(code, { severity: 'ERROR' });

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );
}

describe('the database is unavailable', () => {
  it('when nothing listens at its address', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));

    for (const host of ['127.0.0.1', 'localhost']) {
      const client = new pg.Client({ host, port });
      expect(isDatabaseUnavailable(await failureOf(client.connect()))).toBe(true);
    }
  });

  it('when its socket is not there', async () => {
    const client = new pg.Client({ host: join(tmpdir(), 'no-such-folder') });
    expect(isDatabaseUnavailable(await failureOf(client.connect()))).toBe(true);
  });

  it('when what listens there hangs up, or says nothing in time', async () => {
    const sockets: Socket[] = [];
    let answer = (socket: Socket) => void socket.destroy();
    const server = createServer((socket) => {
      sockets.push(socket);
      answer(socket);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const connect = () =>
      new pg.Client({ host: '127.0.0.1', port, connectionTimeoutMillis: 100 }).connect();

    const failures = [await failureOf(connect())];
    answer = () => undefined;
    failures.push(await failureOf(connect()));
    sockets.forEach((socket) => socket.destroy());
    await new Promise((done) => server.close(done));

    expect(failures.map(isDatabaseUnavailable)).toEqual([true, true]);
  });

  it.each([
    ['57P01', 'it shuts down'],
    ['57P02', 'it crashed'],
    ['57P03', 'it starts up'],
    ['53300', 'it has no connection left'],
    ['08006', 'the connection failed'],
    ['25006', 'it is a standby now'],
  ])('when it answers %s: %s', (code) => {
    expect(isDatabaseUnavailable(answered(code))).toBe(true);
    const wrapped = new QueryFailedError('SELECT 1', [], answered(code));
    expect(isDatabaseUnavailable(wrapped)).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('when pg says "%s"', (message) => {
    expect(isDatabaseUnavailable(new Error(message))).toBe(true);
    expect(isDatabaseUnavailable(new QueryFailedError('SELECT 1', [], new Error(message)))).toBe(
      true,
    );
  });
});

describe('the database is not to blame', () => {
  it.each([
    ['23505', 'something is there twice'],
    ['42P01', 'a table is missing'],
    ['42601', 'the query is wrong'],
    ['28P01', 'the password is wrong'],
    ['3D000', 'there is no such database'],
    ['22021', 'a text cannot be stored'],
  ])('when it answers %s: %s', (code) => {
    expect(isDatabaseUnavailable(answered(code))).toBe(false);
    expect(isDatabaseUnavailable(new QueryFailedError('SELECT 1', [], answered(code)))).toBe(false);
  });

  it('when a file is missing', async () => {
    const missing = await failureOf(readFile(join(tmpdir(), 'no-such-file')));
    expect(missing).toMatchObject({ code: 'ENOENT' });
    expect(isDatabaseUnavailable(missing)).toBe(false);
  });

  it.each([
    ['a fault in the code', new TypeError('x is not a function')],
    [
      'a fault that happens to have such a code',
      Object.assign(new TypeError('x'), { code: '08006' }),
    ],
    ['an error without a code', new Error('Connection refused by policy')],
    ['a text', 'Connection terminated'],
    ['nothing', undefined],
    ['null', null],
  ])('when what failed is %s', (_, error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});
