import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const CALLER = Symbol('caller');

interface Called {
  [CALLER]?: object;
}

/**
 * Keeps who calls with a request of Fastify, or the metadata of a gRPC call. A WeakMap would cost each collection of
 * garbage a look at every call that is under way.
 */
export function setCaller(request: object, caller: object): void {
  (request as Called)[CALLER] = caller;
}

/** Hands a handler whom the gate let in. */
export const CalledBy = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const request =
    context.getType() === 'http'
      ? context.switchToHttp().getRequest<FastifyRequest & Called>()
      : context.switchToRpc().getContext<Called>();
  const caller = request[CALLER];
  if (!caller) throw new Error('the gate has let nobody in');
  return caller;
});
