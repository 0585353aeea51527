import type { IncomingMessage } from 'node:http';
import { RouteConstraints } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';

/** The listeners whose requests go through the framework's router. */
export type RoutedListener = 'auth' | 'admin' | 'metrics';

type RouterOptions = NonNullable<FastifyServerOptions['routerOptions']>;
type ConstraintStrategy = NonNullable<RouterOptions['constraints']>[string];
type RouteHandler = Parameters<ReturnType<ConstraintStrategy['storage']>['set']>[1];

const LISTENER = Symbol('listener');

/** Says on which listener a request came in, before it is routed. */
export function stampListener(request: IncomingMessage, listener: RoutedListener): void {
  (request as IncomingMessage & { [LISTENER]?: RoutedListener })[LISTENER] = listener;
}

export function isOnListener(request: IncomingMessage, listener: RoutedListener): boolean {
  return (request as { [LISTENER]?: RoutedListener })[LISTENER] === listener;
}

/** The routes of this controller exist on one listener, and on no other. */
export function OnListener(listener: RoutedListener): ClassDecorator {
  return ({ prototype }) => {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      // Nest reads the constraint off each route's method.
      if (typeof member.value === 'function' && name !== 'constructor') {
        RouteConstraints({ listener })(prototype as object, name, member);
      }
    }
  };
}

/**
 * The strategy by which find-my-way tells routes of one listener from those of another: a route that
 * names no listener matches no request.
 */
export const listenerConstraint: ConstraintStrategy = {
  name: 'listener',
  storage: () => {
    const handlers = new Map<unknown, RouteHandler>();
    return {
      get: (listener: unknown) => handlers.get(listener) ?? null,
      set: (listener: unknown, handler: RouteHandler) => void handlers.set(listener, handler),
    };
  },
  // Never undefined: a request of no listener must match no route either.
  deriveConstraint: (request: IncomingMessage) =>
    (request as { [LISTENER]?: RoutedListener })[LISTENER] ?? 'none',
  validate: () => undefined,
  mustMatchWhenDerived: true,
};
