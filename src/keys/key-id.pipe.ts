import { ParseUUIDPipe } from '@nestjs/common';
import { invalidRequest } from '../admin/validation.js';

/** The id of a key in a path. */
export const KEY_ID = new ParseUUIDPipe({
  exceptionFactory: () =>
    invalidRequest([{ field: 'id', problem: 'id must be a UUID, as GET /api/v1/keys shows it' }]),
});
