import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { pageSpend, parseGroupBy, type SpendGroup, type SpendPage } from '#libs/balances';
import { parseZone, redactSecrets } from '#libs/ledger';
import { accepted, CalledBy, Needs, OptionalMember, Parsed, readQuery } from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { SnapshotReader } from '../../snapshot-reader';
import { refuseSecrets } from '../refuse-secrets';
import { EntriesQuery } from './entries-query';

class SpendQuery extends EntriesQuery {
  @Parsed(parseGroupBy)
  groupBy!: readonly SpendGroup[];

  @OptionalMember()
  @Parsed(parseZone)
  zone?: string;
}

/** `GET /v1/spend?groupBy=account,model,day&account=&from=&to=&zone=` */
@Controller('v1/spend')
export class SpendController {
  constructor(
    private readonly parts: AuthParts,
    private readonly snapshots: SnapshotReader,
  ) {}

  @Needs('audit')
  @Get()
  async list(@Query() query: unknown, @CalledBy() caller: Caller): Promise<SpendPage> {
    refuseSecrets(query, '');
    const read = readQuery(SpendQuery, query, { redact: redactSecrets });
    const { minPosition, zone = 'UTC', ...asked } = read;
    permitAccount(caller, asked.account);
    await this.snapshots.awaitVisible(minPosition);
    const { database, partitions } = this.parts;
    return accepted(await pageSpend(database, { zone, ...asked }, partitions));
  }
}
