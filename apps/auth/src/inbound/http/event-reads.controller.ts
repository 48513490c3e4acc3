import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { pageEvents, type EventPage } from '#libs/balances';
import { redactSecrets } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { accepted, CalledBy, ListReads, Needs, readQuery } from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { SnapshotReader } from '../../snapshot-reader';
import { refuseSecrets } from '../refuse-secrets';
import { EntriesQuery } from './entries-query';

/** `GET /v1/events?account=&from=&to=`; recording them is ingest's. */
@Controller('v1/events')
export class EventReadsController {
  constructor(
    private readonly parts: AuthParts,
    private readonly snapshots: SnapshotReader,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit')
  @Get()
  async list(@Query() query: unknown, @CalledBy() caller: Caller): Promise<EventPage> {
    refuseSecrets(query, '');
    const { minPosition, ...asked } = readQuery(EntriesQuery, query, { redact: redactSecrets });
    permitAccount(caller, asked.account);
    await this.snapshots.awaitVisible(minPosition);
    const { partitions, lists } = this.parts;
    const wanted = { ...asked, maxBytes: lists.pageBytes };
    return accepted(await this.reads.read((database) => pageEvents(database, wanted, partitions)));
  }
}
