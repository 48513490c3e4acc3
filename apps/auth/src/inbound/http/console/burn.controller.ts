import { Controller, Get, Param, Query } from '@nestjs/common';
import { otherThanBound, permitsAccount, permitsTarget, type Caller } from '#libs/access';
import { readBudgetInForce, readBurn, readSnapshot, type Burn } from '#libs/balances';
import {
  formatAccount,
  isDefaultTarget,
  parseAccount,
  parseBudgetId,
  parsePosition,
  partitionOfBudget,
  redactSecrets,
  type Account,
  type Budget,
  type Position,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  accepted,
  CalledBy,
  invalid,
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

class BurnQuery {
  @OptionalMember()
  @ParsedBy(parseAccount)
  account?: Account;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

/** `GET /v1/budgets/{budgetId}/burn?account=`: how its money was spent, and an estimate of how long the rest lasts. */
@Controller('v1/budgets/:budgetId/burn')
export class BurnController {
  constructor(
    private readonly parts: AuthParts,
    private readonly snapshots: SnapshotReader,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('audit')
  @Get()
  async get(
    @Param('budgetId') id: string,
    @Query() query: unknown,
    @CalledBy() caller: Caller,
  ): Promise<Burn> {
    refuseSecrets(id, 'budgetId');
    refuseSecrets(query, '');
    const asked = readQuery(BurnQuery, query, { redact: redactSecrets });
    const budgetId = accepted(parseBudgetId(id, 'budgetId'));
    await this.snapshots.awaitVisible(asked.minPosition);
    const burn = await this.reads.read(async (database) => {
      const budget = await this.find(database, budgetId);
      const account = budget && accountAsked(budget, asked.account, caller);
      return account && this.burnOf(database, budgetId, account);
    });
    if (burn) return burn;
    // To a bound caller, what it may not see and what is not there are the same.
    if (caller.bindings.accounts.length > 0) throw otherThanBound(caller);
    throw new Problem('not_found', 'There is no such budget, or not on this account.');
  }

  private async find(database: Database, budgetId: string): Promise<Budget | undefined> {
    const partition = partitionOfBudget(budgetId, this.parts.partitions);
    return (await readBudgetInForce(database, budgetId, partition))?.budget ?? undefined;
  }

  /** @returns `undefined`: the budget does not judge this account */
  private async burnOf(
    database: Database,
    budgetId: string,
    account: Account,
  ): Promise<Burn | undefined> {
    const { partitions, lists } = this.parts;
    const name = formatAccount(account);
    const snapshot = await readSnapshot(database, new Map([[name, account]]), partitions);
    const state = snapshot
      .statesOf(account, name)
      .find(({ budget }) => budget.budgetId === budgetId);
    const limits = { partitions, mostPoints: lists.burnPoints };
    return state && readBurn(database, state, snapshot.now, limits);
  }
}

/** @returns `undefined`: the caller may not read it. @throws Problem `invalid`: a default needs an account */
function accountAsked(
  { account: target }: Budget,
  asked: Account | undefined,
  { bindings }: Caller,
): Account | undefined {
  if (asked !== undefined) return permitsAccount(bindings, asked) ? asked : undefined;
  if (!permitsTarget(bindings, target)) return undefined;
  if (!isDefaultTarget(target)) return accepted(parseAccount(target, 'account'));
  const message = 'must say on which account: the budget is a default for many';
  throw invalid([{ field: 'account', rule: 'required', message }]);
}
