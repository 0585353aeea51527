import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AccessRecorder } from './access-recorder.js';
import { answerTo, sendAnswer } from './access-answer.js';
import type { Decision } from './decide-access.js';
import { ForwardAuthService } from './forward-auth.service.js';

const MISCONFIGURED: Decision = { outcome: 'undecided', reason: 'proxy-misconfigured' };

/**
 * `GET /auth`: Traefik asks here about every request (forwardAuth), and hands our answer to the
 * client unless it is a 200. It is answered before the framework's router, see docs/adr/0004.
 */
@Injectable()
export class ForwardAuthHandler {
  constructor(
    private readonly forwardAuth: ForwardAuthService,
    private readonly recorder: AccessRecorder,
  ) {}

  handle({ headers }: IncomingMessage, response: ServerResponse): void {
    const method = headers['x-forwarded-method'];
    const uri = headers['x-forwarded-uri'];
    if (typeof method !== 'string' || typeof uri !== 'string' || !method || !uri) {
      this.recorder.record(MISCONFIGURED, 'other', 0, 0);
      return sendAnswer(response, answerTo(MISCONFIGURED, undefined));
    }
    const { decision, target } = this.forwardAuth.judge({
      method,
      uri,
      authorization: headers.authorization,
    });
    sendAnswer(response, answerTo(decision, target));
  }
}
