import type { ErrorCode } from '../common/domain-error.js';

/** A key that nobody has. */
const ID = '11111111-1111-4111-8111-111111111111';

/** What an answer says beyond its code. */
interface ErrorExample {
  readonly message: string;
  readonly details?: object;
}

/** An answer of each error, for the description of the API. The compiler checks that none is missing. */
export const ERROR_EXAMPLES: Record<ErrorCode, ErrorExample> = {
  INVALID_REQUEST: {
    message: 'colour is not known here. label must be a string.',
    details: [
      { field: 'colour', problem: 'colour is not known here' },
      { field: 'label', problem: 'label must be a string' },
    ],
  },
  MALFORMED_JSON: {
    message:
      'The body is not JSON. Check its quotes and commas; without a body, leave out Content-Type.',
  },
  FOREIGN_PEER: {
    message:
      'The admin API takes requests from ADMIN_ALLOWED_CIDRS alone. Reach it through an SSH tunnel: ssh -L 8088:127.0.0.1:8088.',
  },
  FOREIGN_HOST: {
    message:
      'The admin API answers to the names in ADMIN_ALLOWED_HOSTS alone, such as http://127.0.0.1:8088.',
  },
  FOREIGN_ORIGIN: {
    message:
      'A page of another site may neither change nor load anything here. Use the documentation at /docs, or a client outside the browser.',
  },
  TOKEN_REQUIRED: {
    message:
      'The admin API needs a token here: send it as Authorization: Bearer TOKEN, set PACKYARD_ADMIN_TOKEN for bin/packyard, or give it as the password in a browser.',
  },
  READONLY_TOKEN: {
    message: 'The token "monitoring" may read and change nothing. Use one with the role admin.',
  },
  ROUTE_NOT_FOUND: {
    message:
      'There is no such path, or not with this method. GET /docs/openapi.json lists those there are.',
  },
  KEY_NOT_FOUND: {
    message: `There is no key ${ID}. GET /api/v1/keys lists those there are.`,
  },
  KEY_ALREADY_CREATED: {
    message:
      `The key ${ID} was made with this Idempotency-Key before, and its secret is shown once. ` +
      `Did nobody get it? Then POST /api/v1/keys/${ID}/rotate with {"overlap": "PT0S"} makes another.`,
    details: { id: ID },
  },
  KEY_REVOKED: {
    message: `The key ${ID} was revoked, and that is for good. Make a new one with POST /api/v1/keys.`,
  },
  KEY_EXPIRED: {
    message:
      `The key ${ID} expired at 2026-11-01T00:00:00.000Z: a new secret would not work either. ` +
      `Give it another expires_at with PATCH /api/v1/keys/${ID} first.`,
  },
  ROTATION_IN_PROGRESS: {
    message:
      'Two secrets of this key work until 2026-12-01T00:00:00.000Z. Rotate again after that; or now with "replace": true, if nobody ' +
      'got the newer one; or now with "overlap": "PT0S", which ends both at once.',
    details: { until: '2026-12-01T00:00:00.000Z' },
  },
  NO_ROTATION: {
    message: `No rotation of the key ${ID} is under way, so there is no newer secret to replace. Leave out "replace".`,
  },
  COMPONENT_NOT_FOUND: {
    message: 'There is no component "horizon". The catalogue has: core, minion.',
    details: { known: ['core', 'minion'] },
  },
  COMPONENT_IN_USE: {
    message:
      'config/packyard.yml lacks a component that live keys use (1 of them in details). ' +
      'Nothing was changed. Put it back, or reload with {"force": true} to take it from these keys.',
    details: {
      keys: [
        {
          id: ID,
          label: 'Acme Corp — Core',
          components: ['minion'],
        },
      ],
    },
  },
  BODY_TOO_LARGE: { message: 'The body is larger than 1 MiB. Send less at once.' },
  UNSUPPORTED_MEDIA_TYPE: {
    message: 'A body must be JSON: set Content-Type: application/json.',
  },
  UNKNOWN_COMPONENT: {
    message: 'There is no component "horizon". The catalogue has: core, minion.',
    details: { unknown: ['horizon'], known: ['core', 'minion'] },
  },
  IMPORT_REFUSED: {
    message:
      'Nothing was imported: 1 mistakes are in it, and details has them (1000 at most). ' +
      'Correct them and import again; keys that are here already are left out with "skip_existing": true.',
    details: {
      mistakes: [{ index: 0, field: 'component', problem: 'there is no component "horizon"' }],
      total: 1,
    },
  },
  CATALOGUE_INVALID: {
    message:
      'The catalogue config/packyard.yml (PACKYARD_CONFIG) has mistakes; nothing was changed:\n' +
      '  line 2, column 11, components[0].name: must be lower-case letters, digits and hyphens',
    details: {
      mistakes: [
        {
          line: 2,
          column: 11,
          path: 'components[0].name',
          message: 'must be lower-case letters, digits and hyphens',
        },
      ],
    },
  },
  DATABASE_UNAVAILABLE: {
    message:
      'The database does not answer. Subscribers are served from memory meanwhile; try again shortly.',
  },
  INTERNAL_ERROR: { message: 'This is a fault of ours. The log has it under this request_id.' },
};
