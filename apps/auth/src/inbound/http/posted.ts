import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { redactSecrets } from '#libs/ledger';
import { parseJson, readBody, refuseQuery, requireJson, type DtoClass } from '#libs/runtime';
import { JSON_BODY } from '#libs/wire';

/** A POST as it came, to a door that takes JSON and no query. */
export interface PostedRequest {
  readonly query: unknown;
  readonly contentType: string | undefined;
  readonly body: Buffer | undefined;
}

/** Hands a handler its `PostedRequest`. */
export const Posted = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const { query, headers, body } = context.switchToHttp().getRequest<FastifyRequest>();
  return { query, contentType: headers['content-type'], body };
});

/** @throws Problem `invalid`, `unsupported_media_type` */
export function readPosted<T extends object>(
  dtoClass: DtoClass<T>,
  { query, contentType, body }: PostedRequest,
): T {
  refuseQuery(query);
  requireJson(contentType, body);
  return readBody(dtoClass, parseJson(body, JSON_BODY), { redact: redactSecrets });
}
