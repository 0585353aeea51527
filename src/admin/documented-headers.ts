import type { ApiResponseOptions } from '@nestjs/swagger';

type Headers = NonNullable<ApiResponseOptions['headers']>;

/** On the answer to a list that goes on. */
export const LINK_TO_NEXT_PAGE: Headers = {
  Link: {
    description: 'Where there are more: the next page, as `</api/v1/…>; rel="next"` (RFC 8288).',
    schema: { type: 'string', pattern: '^</api/v1/[^>]+>; rel="next"$' },
  },
};

/** On the answer to a change that every process has to follow. */
export const PROPAGATION: Headers = {
  'Packyard-Propagation': {
    description:
      '`confirmed`: every process has taken the change into use. `pending; at-most=N`: one may not have, and will within N seconds.',
    required: true,
    schema: {
      type: 'string',
      pattern: '^(confirmed|pending; at-most=[0-9]+)$',
      example: 'confirmed',
    },
  },
};

/** On the answer to a request without a token, where one is needed. */
export const CHALLENGE: Headers = {
  'WWW-Authenticate': {
    description: 'How a token may be presented: as Bearer, or as the password of Basic.',
    required: true,
    schema: { type: 'string' },
  },
};
