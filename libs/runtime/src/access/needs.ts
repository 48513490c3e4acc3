import { applyDecorators } from '@nestjs/common';
import { PATTERN_EXTRAS_METADATA } from '@nestjs/microservices/constants.js';
import { RouteConfig } from '@nestjs/platform-fastify';

/** What a door asks of its callers: one of some roles (none: any credential), or nothing at all. */
export interface Need {
  readonly roles: readonly string[];
  readonly nothing?: true;
  /** Proxies ask, and hand on what their clients sent them: the credential stands in `x-spend-authorization`. */
  readonly ofProxies?: true;
}

/** A door that callers need one of these roles for; without roles, a credential. For HTTP and gRPC alike. */
export const Needs = (...roles: string[]): MethodDecorator => needing({ roles });

/**
 * The same for a door that proxies ask. Their own credential is in `x-spend-authorization`; only without that header it
 * is in `authorization`, which may be a client's of theirs.
 */
export const NeedsOfProxy = (...roles: string[]): MethodDecorator =>
  needing({ roles, ofProxies: true });

/** A door that answers everybody, whatever credential they bring or not. */
export const NeedsNothing = (): MethodDecorator => needing({ roles: [], nothing: true });

function needing(need: Need): MethodDecorator {
  return applyDecorators(RouteConfig({ need }), (_target, _name, descriptor) => {
    const handler = (descriptor as PropertyDescriptor).value as object;
    const extras = Reflect.getMetadata(PATTERN_EXTRAS_METADATA, handler) as object | undefined;
    Reflect.defineMetadata(PATTERN_EXTRAS_METADATA, { ...extras, need }, handler);
  });
}
