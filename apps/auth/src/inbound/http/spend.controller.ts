import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { pageSpend, parseGroupBy, type SpendGroup, type SpendPage } from '#libs/balances';
import { parseZone, redactSecrets } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  accepted,
  CalledBy,
  ListReads,
  Needs,
  OptionalMember,
  ParsedBy,
  Problem,
  readQuery,
  Turns,
} from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { SnapshotReader } from '../../snapshot-reader';
import { refuseSecrets } from '../refuse-secrets';
import { EntriesQuery } from './entries-query';

class SpendQuery extends EntriesQuery {
  @ParsedBy(parseGroupBy)
  groupBy!: readonly SpendGroup[];

  @OptionalMember()
  @ParsedBy(parseZone)
  zone?: string;
}

/** `GET /v1/spend?groupBy=account,model,day&account=&from=&to=&zone=` */
@Controller('v1/spend')
export class SpendController {
  constructor(
    private readonly parts: AuthParts,
    private readonly snapshots: SnapshotReader,
    private readonly reads: ListReads<Database>,
    private readonly turns: Turns,
  ) {}

  @Needs('audit')
  @Get()
  async list(@Query() query: unknown, @CalledBy() caller: Caller): Promise<SpendPage> {
    refuseSecrets(query, '');
    const read = readQuery(SpendQuery, query, { redact: redactSecrets });
    const { minPosition, zone = 'UTC', ...asked } = read;
    permitAccount(caller, asked.account);
    await this.snapshots.awaitVisible(minPosition);
    const { partitions, lists } = this.parts;
    const { pageBytes: maxBytes, sumEntries: mostEntries, sumWindows: mostWindows } = lists;
    const limits = { mostEntries, mostWindows, inTurns: this.turns.each };
    const page = await this.reads.read((database) =>
      pageSpend(database, { zone, ...asked, maxBytes }, partitions, limits),
    );
    if ('tooMuch' in page) throw new Problem('too_much', page.tooMuch);
    return accepted(page);
  }
}
