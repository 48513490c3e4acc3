import { Controller, Get, Header, Inject, type Provider, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { Needs, NeedsNothing } from './access/needs';
import type { Readiness } from './health';
import { refuseQuery } from './http/read-query';
import type { Serving } from './serving';

const OPS_PARTS = Symbol('ops parts');

export interface OpsParts {
  readonly readiness: Readiness;
  readonly serving: Serving;
  readonly registry: Registry;
  /** The OpenAPI document. */
  readonly openapi: object;
}

/** Give these to the module that lists OpsController. */
export function opsProviders(parts: OpsParts): Provider[] {
  return [{ provide: OPS_PARTS, useValue: parts }];
}

/** What machines ask a process: does it live, can it work, can it answer, what has it counted, what does it speak. */
@Controller()
export class OpsController {
  constructor(@Inject(OPS_PARTS) private readonly parts: OpsParts) {}

  @NeedsNothing()
  @Get('livez')
  @Header('cache-control', 'no-store')
  livez(@Query() query: unknown): object {
    refuseQuery(query);
    return { status: 'ok' };
  }

  @NeedsNothing()
  @Get('readyz')
  async readyz(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    refuseQuery(query);
    const { ready, checks } = await this.parts.readiness.report();
    await tell(reply, ready, { status: ready ? 'ready' : 'not_ready', checks });
  }

  @NeedsNothing()
  @Get('servez')
  async servez(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    refuseQuery(query);
    const { ready, checks } = await this.parts.serving.report();
    await tell(reply, ready, { status: ready ? 'serving' : 'not_serving', checks });
  }

  @Needs('ops')
  @Get('metrics')
  async metrics(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    refuseQuery(query);
    const { registry } = this.parts;
    await reply.type(registry.contentType).send(await registry.metrics());
  }

  @Needs()
  @Get('openapi.json')
  openapi(@Query() query: unknown): object {
    refuseQuery(query);
    return this.parts.openapi;
  }
}

async function tell(reply: FastifyReply, isWell: boolean, body: object): Promise<void> {
  await reply
    .code(isWell ? 200 : 503)
    .header('cache-control', 'no-store')
    .send(body);
}

/** The paths above: they answer while the process drains, too. */
export const OPS_PATHS: ReadonlySet<string> = new Set([
  '/livez',
  '/readyz',
  '/servez',
  '/metrics',
  '/openapi.json',
]);
