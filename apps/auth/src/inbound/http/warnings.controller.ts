import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { pageWarnings, type WarningPage } from '#libs/balances';
import { redactSecrets } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { accepted, CalledBy, ListReads, Needs, readQuery } from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { refuseSecrets } from '../refuse-secrets';
import { ListQuery } from './list-query';

/** `GET /v1/warnings?account=` */
@Controller('v1/warnings')
export class WarningsController {
  constructor(
    private readonly parts: AuthParts,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit')
  @Get()
  async list(@Query() query: unknown, @CalledBy() caller: Caller): Promise<WarningPage> {
    refuseSecrets(query, '');
    const { account, pageSize, pageToken } = readQuery(ListQuery, query, { redact: redactSecrets });
    permitAccount(caller, account);
    const asked = { account, pageSize, pageToken, maxBytes: this.parts.lists.pageBytes };
    return accepted(await this.reads.read((database) => pageWarnings(database, asked)));
  }
}
