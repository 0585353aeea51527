import type { ClientRequest } from 'node:http';
import request from 'supertest';
import { checkAgainstDescription } from './check-against-description.js';

/** The admin API as the tests use it: whatever it answers has to be as it is described. */
export function adminApi(url: string) {
  return request.agent(url).use((asked: request.Test) => {
    asked.expect((answer) => {
      const { method, path } = (answer as request.Response & { req: ClientRequest }).req;
      const headers = answer.headers as Record<string, string>;
      checkAgainstDescription({ method, path, status: answer.status, headers, text: answer.text });
    });
  });
}
