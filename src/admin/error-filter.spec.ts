import { HttpException, NotFoundException, type ArgumentsHost } from '@nestjs/common';
import type { Logger } from 'pino';
import { DomainError } from '../common/domain-error.js';
import { ErrorFilter } from './error-filter.js';

/** What the filter answers to this error, and what it logs. */
function answerTo(exception: unknown) {
  const answer: { status?: number; body?: unknown } = {};
  const reply = {
    status(code: number) {
      answer.status = code;
      return reply;
    },
    send(body: unknown) {
      answer.body = JSON.parse(JSON.stringify(body));
    },
  };
  const request = { id: 'r-1', method: 'POST', url: '/api/v1/keys?label=Acme' };
  const host = {
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => reply }),
  } as unknown as ArgumentsHost;
  const logged: { level: string; fields: Record<string, unknown> }[] = [];
  const logger = new Proxy({} as Logger, {
    get: (_, level: string) => (fields: Record<string, unknown>) =>
      void logged.push({ level, fields }),
  });

  new ErrorFilter(logger).catch(exception, host);
  return { ...answer, logged };
}

const fastifyError = (code: string, statusCode: number) =>
  Object.assign(new Error('said by the framework'), { code, statusCode });

describe('an error of ours', () => {
  it('becomes its code, its words, its details and the id of the request', () => {
    const error = new DomainError('UNKNOWN_COMPONENT', 'There is no component "x".', {
      unknown: ['x'],
    });
    expect(answerTo(error)).toMatchObject({
      status: 422,
      body: {
        code: 'UNKNOWN_COMPONENT',
        message: 'There is no component "x".',
        details: { unknown: ['x'] },
        request_id: 'r-1',
      },
    });
  });

  it('has no details where there are none', () => {
    const { body } = answerTo(new DomainError('KEY_NOT_FOUND', 'There is no key 7.'));
    expect(body).toEqual({
      code: 'KEY_NOT_FOUND',
      message: 'There is no key 7.',
      request_id: 'r-1',
    });
  });

  it('is logged as loudly as its code deserves, and without the query, which may hold names', () => {
    expect(answerTo(new DomainError('KEY_NOT_FOUND', 'No.')).logged).toEqual([
      {
        level: 'info',
        fields: { request_id: 'r-1', method: 'POST', path: '/api/v1/keys', code: 'KEY_NOT_FOUND' },
      },
    ]);
    expect(answerTo(new DomainError('FOREIGN_PEER', 'No.')).logged[0]?.level).toBe('warn');
  });
});

describe('a fault of ours', () => {
  it.each([
    ['an Error', new Error('secret: hunter2')],
    ['an error of the framework’s', new HttpException('secret: hunter2', 500)],
    ['a text', 'hunter2'],
    ['nothing', undefined],
    ['null', null],
  ])('that throws %s tells the client nothing but the request’s id', (_, exception) => {
    const { status, body, logged } = answerTo(exception);
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'INTERNAL_ERROR', request_id: 'r-1' });
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(logged).toMatchObject([{ level: 'error', fields: { err: exception } }]);
  });
});

describe('a database that does not answer', () => {
  it.each([
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }),
    new Error('Connection terminated unexpectedly'),
  ])('is 503, to be tried again: %s', (exception) => {
    const { status, body, logged } = answerTo(exception);
    expect(status).toBe(503);
    expect(body).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(logged[0]?.level).toBe('error');
  });
});

describe('what the framework refuses', () => {
  it.each([
    ['a path that is not there', new NotFoundException('Cannot GET /x'), 404, 'ROUTE_NOT_FOUND'],
    ['a large body', fastifyError('FST_ERR_CTP_BODY_TOO_LARGE', 413), 413, 'BODY_TOO_LARGE'],
    [
      'a body of another type',
      fastifyError('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no body', fastifyError('FST_ERR_CTP_EMPTY_JSON_BODY', 400), 400, 'MALFORMED_JSON'],
    [
      'a body that is not JSON',
      fastifyError('FST_ERR_CTP_INVALID_JSON_BODY', 400),
      400,
      'MALFORMED_JSON',
    ],
    [
      'a body that is not JSON, by the parser',
      Object.assign(new SyntaxError('Unexpected token'), { statusCode: 400 }),
      400,
      'MALFORMED_JSON',
    ],
    ['anything else of the client’s', fastifyError('FST_ERR_OTHER', 400), 400, 'INVALID_REQUEST'],
    [
      'a status that we have no words for',
      fastifyError('FST_ERR_OTHER', 431),
      400,
      'INVALID_REQUEST',
    ],
  ])('%s', (_, exception, expectedStatus, code) => {
    const { status, body, logged } = answerTo(exception);
    expect(body).toMatchObject({ code, message: expect.any(String), request_id: 'r-1' });
    expect(status).toBe(expectedStatus);
    expect(logged[0]?.level).toBe('info');
  });

  it('is known for what it is also where Nest has wrapped it', () => {
    const cause = fastifyError('FST_ERR_CTP_INVALID_JSON_BODY', 400);
    const wrapped = new HttpException('said by the framework', 400, { cause });
    expect(answerTo(wrapped).body).toMatchObject({ code: 'MALFORMED_JSON' });
  });
});
