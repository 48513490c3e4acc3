import { Controller, Get, Param, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import {
  ClosedMonths,
  documentOfStatement,
  readStatement,
  type StatementDocument,
} from '#libs/audit';
import {
  parseAccount,
  parsed,
  parseMonth,
  parsePosition,
  parseZone,
  redactSecrets,
  refused,
  type Parsed,
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
  readQuery,
} from '#libs/runtime';
import { AuthParts } from '../../../auth-parts';
import { pageMonths, type MonthPage } from '../../../page-months';
import { SnapshotReader } from '../../../snapshot-reader';
import { refuseSecrets } from '../../refuse-secrets';
import { PageQuery } from '../list-query';

class MonthsQuery extends PageQuery {
  @OptionalMember()
  @ParsedBy(parseZone)
  zone?: string;
}

class StatementQuery {
  @OptionalMember()
  @ParsedBy(parseZone)
  zone?: string;

  @OptionalMember()
  @ParsedBy(parseTeamAccount)
  account?: TeamAccount;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

interface TeamAccount {
  readonly kind: 'team';
  readonly teamId: string;
}

/** `GET /v1/statements/{month}?zone=&account=` and `GET /v1/months?zone=`: what a month came to, and which are closed. */
@Controller('v1')
export class StatementsController {
  constructor(
    private readonly parts: AuthParts,
    private readonly snapshots: SnapshotReader,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit')
  @Get('statements/:month')
  async statement(
    @Param('month') given: string,
    @Query() query: unknown,
    @CalledBy() caller: Caller,
  ): Promise<StatementDocument> {
    refuseSecrets(given, 'month');
    refuseSecrets(query, '');
    const asked = readQuery(StatementQuery, query, { redact: redactSecrets });
    const { zone = 'UTC', account, minPosition } = asked;
    const month = accepted(parseMonth(given, zone, 'month'));
    permitAccount(caller, account);
    await this.snapshots.awaitVisible(minPosition);
    const { partitions, currency } = this.parts;
    const statement = await this.reads.read((database) =>
      readStatement(database, month, account?.teamId, partitions),
    );
    return documentOfStatement(statement, currency);
  }

  @Needs('audit')
  @Get('months')
  async months(@Query() query: unknown, @CalledBy() caller: Caller): Promise<MonthPage> {
    refuseSecrets(query, '');
    const asked = readQuery(MonthsQuery, query, { redact: redactSecrets });
    const { zone = 'UTC', pageSize, pageToken } = asked;
    permitAccount(caller, undefined);
    const closed = await this.reads.read(({ kysely }) => ClosedMonths.read(kysely, zone));
    const wanted = { pageSize, pageToken, maxBytes: this.parts.lists.pageBytes };
    return accepted(pageMonths(closed, zone, wanted));
  }
}

function parseTeamAccount(value: unknown, field: string): Parsed<TeamAccount> {
  const account = parseAccount(value, field);
  if (!account.ok) return account;
  return account.value.kind === 'team'
    ? parsed(account.value)
    : refused(field, 'team', 'must be a team, such as team:ml: statements are of teams');
}
