import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { permitAccount, permitFound, permitsTarget, type Caller } from '#libs/access';
import type { FastifyReply } from 'fastify';
import { pageBudgets, readBudgetInForce } from '#libs/balances';
import { parseBudgetId, partitionOfBudget, printBudget, redactSecrets } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  accepted,
  CalledBy,
  ListReads,
  Needs,
  Problem,
  readQuery,
  refuseQuery,
} from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { refuseSecrets } from '../refuse-secrets';
import { ListQuery } from './list-query';

/** `GET /v1/budgets` and `GET /v1/budgets/{budgetId}`; changing them is ingest's. */
@Controller('v1/budgets')
export class BudgetReadsController {
  constructor(
    private readonly parts: AuthParts,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit', 'admin')
  @Get()
  async list(@Query() query: unknown, @CalledBy() caller: Caller): Promise<object> {
    refuseSecrets(query, '');
    const { account, pageSize, pageToken } = readQuery(ListQuery, query, { redact: redactSecrets });
    permitAccount(caller, account);
    const asked = { account, pageSize, pageToken, maxBytes: this.parts.lists.pageBytes };
    const page = await this.reads.read((database) => pageBudgets(database, asked));
    const { items, nextPageToken } = accepted(page);
    return { items: items.map(({ budget }) => printBudget(budget!)), nextPageToken };
  }

  @Needs('audit', 'admin')
  @Get(':budgetId')
  async get(
    @Param('budgetId') id: string,
    @Query() query: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    refuseQuery(query);
    refuseSecrets(id, 'budgetId');
    const budgetId = accepted(parseBudgetId(id, 'budgetId'));
    const partition = partitionOfBudget(budgetId, this.parts.partitions);
    const stored = await this.reads.read((database) =>
      readBudgetInForce(database, budgetId, partition),
    );
    const { bindings } = caller;
    permitFound(caller, stored?.budget ?? undefined, ({ account }) =>
      permitsTarget(bindings, account),
    );
    if (!stored?.budget) throw new Problem('not_found', 'There is no such budget.');
    void reply.header('etag', `"${stored.revision}"`);
    return printBudget(stored.budget);
  }
}
