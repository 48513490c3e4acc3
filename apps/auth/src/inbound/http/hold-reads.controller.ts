import { Controller, Get, Param, Query } from '@nestjs/common';
import { permitAccount, permitFound, permitsReading, type Caller } from '#libs/access';
import { IsString } from 'class-validator';
import { findHold, listHolds } from '#libs/holds';
import { redactSecrets } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  accepted,
  CalledBy,
  ListReads,
  Needs,
  OptionalMember,
  readQuery,
  refuseQuery,
} from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { pageHolds } from '../../holds/page-holds';
import { printHold, type HoldDocument } from '../../holds/print-hold';
import { holdNotFound } from '../hold-problem';
import { refuseSecrets } from '../refuse-secrets';
import { ListQuery } from './list-query';

class HoldsQuery extends ListQuery {
  @OptionalMember()
  @IsString()
  state?: string;
}

/** `GET /v1/holds` and `GET /v1/holds/{holdId}` */
@Controller('v1/holds')
export class HoldReadsController {
  constructor(
    private readonly parts: AuthParts,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('check', 'audit')
  @Get()
  async list(@Query() query: unknown, @CalledBy() caller: Caller): Promise<object> {
    refuseSecrets(query, '');
    const asked = readQuery(HoldsQuery, query, { redact: redactSecrets });
    const { account, state, pageSize, pageToken } = asked;
    permitAccount(caller, account);
    const wanted = { account, state, pageSize, pageToken, maxBytes: this.parts.lists.pageBytes };
    const { items, nextPageToken } = accepted(
      await pageHolds((holds) => this.reads.read((database) => listHolds(database, holds)), wanted),
    );
    return { items: items.map(printHold), nextPageToken };
  }

  @Needs('check', 'audit')
  @Get(':holdId')
  async get(
    @Param('holdId') holdId: string,
    @Query() query: unknown,
    @CalledBy() caller: Caller,
  ): Promise<HoldDocument> {
    refuseQuery(query);
    refuseSecrets(holdId, 'holdId');
    const found = await this.reads.read((database) => findHold(database, holdId));
    permitFound(caller, found, ({ hold }) =>
      permitsReading(caller.bindings, hold.scope, hold.labels),
    );
    if (!found) throw holdNotFound();
    return printHold(found);
  }
}
