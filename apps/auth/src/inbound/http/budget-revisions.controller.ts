import { Controller, Get, Param, Query } from '@nestjs/common';
import { permitFound, permitsTarget, type Caller } from '#libs/access';
import { pageRevisions, readTargets, type RevisionPage } from '#libs/balances';
import { parseBudgetId, partitionOfBudget, redactSecrets } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { accepted, CalledBy, ListReads, Needs, Problem, readQuery } from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { refuseSecrets } from '../refuse-secrets';
import { PageQuery } from './list-query';

/** `GET /v1/budgets/{budgetId}/revisions`: who changed a budget, also one that is removed. */
@Controller('v1/budgets/:budgetId/revisions')
export class BudgetRevisionsController {
  constructor(
    private readonly parts: AuthParts,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit', 'admin')
  @Get()
  async list(
    @Param('budgetId') id: string,
    @Query() query: unknown,
    @CalledBy() caller: Caller,
  ): Promise<RevisionPage> {
    refuseSecrets(id, 'budgetId');
    refuseSecrets(query, '');
    const { pageSize, pageToken } = readQuery(PageQuery, query, { redact: redactSecrets });
    const budgetId = accepted(parseBudgetId(id, 'budgetId'));
    const { partitions, lists } = this.parts;
    const budget = { budgetId, partition: partitionOfBudget(budgetId, partitions) };
    const targets = await this.reads.read((database) => readTargets(database, budget));
    // Who is bound to some accounts sees nothing of a budget that was ever on another one.
    const { bindings } = caller;
    const isPermitted = (all: readonly string[]) =>
      all.every((account) => permitsTarget(bindings, account));
    const found = permitFound(caller, targets.length > 0 ? targets : undefined, isPermitted);
    if (!found) throw new Problem('not_found', 'There never was such a budget.');
    const asked = { pageSize, pageToken, maxBytes: lists.pageBytes };
    return accepted(await this.reads.read((database) => pageRevisions(database, budget, asked)));
  }
}
