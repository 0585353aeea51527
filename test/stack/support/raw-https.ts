import { connect } from 'node:tls';
import {
  type RawRequest,
  rawRequest,
  type RawResponse,
} from '../../clients/support/raw-request.js';

/**
 * One request over TLS to this machine, whose path no client library cleans up.
 * @param issuer PEM of whom to believe
 */
export function rawHttps(host: string, issuer: string, request: RawRequest): Promise<RawResponse> {
  const socket = connect({ host: '127.0.0.1', port: 443, servername: host, ca: issuer });
  const headers = { Host: host, ...request.headers };
  return rawRequest(socket, 'secureConnect', { ...request, headers }, 20_000);
}
