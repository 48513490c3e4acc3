import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const callers = new WeakMap<object, object>();

/** Keeps who calls beside a request of Fastify, or the metadata of a gRPC call. */
export function setCaller(request: object, caller: object): void {
  callers.set(request, caller);
}

/** Hands a handler whom the gate let in. */
export const CalledBy = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const request =
    context.getType() === 'http'
      ? context.switchToHttp().getRequest<FastifyRequest>()
      : context.switchToRpc().getContext<object>();
  const caller = callers.get(request);
  if (!caller) throw new Error('the gate has let nobody in');
  return caller;
});
