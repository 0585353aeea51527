import { ParseUUIDPipe } from '@nestjs/common';
import { invalidRequest } from '../admin/validation.js';

/** The id of a promotion in a path. */
export const PROMOTION_ID = new ParseUUIDPipe({
  exceptionFactory: () =>
    invalidRequest([
      { field: 'id', problem: 'id must be a UUID, as GET /api/v1/promotions shows it' },
    ]),
});
