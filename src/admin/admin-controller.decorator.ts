import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OnListener } from '../common/listener.js';
import { AdminAccessGuard } from './admin-access.guard.js';

/** A controller of the admin API: on that listener alone, behind its guard, in its documentation. */
export function AdminController(
  path: string,
  { tag = path }: { tag?: string } = {},
): ClassDecorator {
  return applyDecorators(
    Controller(`api/v1/${path}`),
    OnListener('admin'),
    UseGuards(AdminAccessGuard),
    ApiTags(tag),
  );
}
