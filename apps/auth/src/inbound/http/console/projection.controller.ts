import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { readProgress, type Progress } from '#libs/balances';
import type { Database } from '#libs/postgres';
import { CalledBy, ListReads, Needs, refuseQuery } from '#libs/runtime';

/** `GET /v1/projection`: how far balances are with the log. */
@Controller('v1/projection')
export class ProjectionController {
  constructor(private readonly reads: ListReads<Database>) {}

  @Needs('audit')
  @Get()
  get(@Query() query: unknown, @CalledBy() caller: Caller): Promise<Progress> {
    refuseQuery(query);
    permitAccount(caller, undefined);
    return this.reads.read(readProgress);
  }
}
