import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { parseStep, readSeries, type Series, type Step } from '#libs/balances';
import {
  parseAccount,
  parseInstant,
  parsePosition,
  parseZone,
  redactSecrets,
  type Account,
  type Instant,
  type Position,
} from '#libs/ledger';
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
} from '#libs/runtime';
import { AuthParts } from '../../../auth-parts';
import { SnapshotReader } from '../../../snapshot-reader';
import { refuseSecrets } from '../../refuse-secrets';

class SeriesQuery {
  @ParsedBy(parseAccount)
  account!: Account;

  @ParsedBy(parseStep)
  step!: Step;

  @ParsedBy(parseInstant)
  from!: Instant;

  @ParsedBy(parseInstant)
  to!: Instant;

  @OptionalMember()
  @ParsedBy(parseZone)
  zone?: string;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

/** `GET /v1/series?account=&step=&from=&to=&zone=`: what was spent, step by step, out of sums and not of events. */
@Controller('v1/series')
export class SeriesController {
  constructor(
    private readonly parts: AuthParts,
    private readonly snapshots: SnapshotReader,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit')
  @Get()
  async get(@Query() query: unknown, @CalledBy() caller: Caller): Promise<Series> {
    refuseSecrets(query, '');
    const read = readQuery(SeriesQuery, query, { redact: redactSecrets });
    const { minPosition, zone = 'UTC', ...asked } = read;
    permitAccount(caller, asked.account);
    await this.snapshots.awaitVisible(minPosition);
    const { partitions, lists } = this.parts;
    const series = await this.reads.read((database) =>
      readSeries(database, { zone, ...asked }, partitions, lists.seriesPoints),
    );
    if ('tooMuch' in series) throw new Problem('too_much', series.tooMuch);
    return accepted(series);
  }
}
