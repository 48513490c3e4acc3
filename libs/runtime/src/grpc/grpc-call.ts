import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Hands a handler of a unary method the call itself: its deadline, and whether the caller is gone. */
export const GrpcCall = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  context.getArgByIndex<object>(2),
);
