import { Body, Controller, Delete, Headers, Param, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { permitAccount, type Caller } from '#libs/access';
import { printStatus } from '#libs/balances';
import {
  parseBudget,
  parseBudgetId,
  parsed,
  printBudget,
  redactSecrets,
  refused,
  secretFaults,
} from '#libs/ledger';
import {
  accepted,
  CalledBy,
  invalid,
  Needs,
  OptionalMember,
  ParsedBy,
  type ParsedValue,
  parseJson,
  readQuery,
  refuseQuery,
  requireJson,
} from '#libs/runtime';
import { JSON_BODY } from '#libs/wire';
import { BudgetChanger } from '../../change-budget';
import { changedOrThrow } from '../changed-or-throw';
import { etagOf, readIfMatch } from '../etag';

class PutQuery {
  @OptionalMember()
  @ParsedBy(parseFlagText)
  dryRun?: boolean;
}

/** `PUT` and `DELETE /v1/budgets/{budgetId}`; reading them is auth's. */
@Controller('v1/budgets')
export class BudgetsController {
  constructor(private readonly changer: BudgetChanger) {}

  @Needs('admin')
  @Put(':budgetId')
  async put(
    @Param('budgetId') id: string,
    @Query() query: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
    @Res() reply: FastifyReply,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    const budgetId = readBudgetId(id);
    const { dryRun } = readQuery(PutQuery, query, { redact: redactSecrets });
    requireJson(contentType, body);
    const budget = accepted(parseBudget(budgetId, parseJson(body, JSON_BODY)));
    const request = { caller, ifMatch: readIfMatch(ifMatch, 'if-match') };
    permitAccount(caller, budget.account);
    const outcome = dryRun
      ? await this.changer.preview(budget, request)
      : await this.changer.set(budget, request);
    const changed = changedOrThrow(outcome, caller);
    const { created, revision, status, applied, position } = changed;
    if (revision > 0) void reply.header('etag', etagOf(revision));
    await reply.code(created ? 201 : 200).send({
      budget: printBudget(changed.budget ?? budget),
      ...(status && { status: printStatus(status) }),
      applied,
      position,
    });
  }

  @Needs('admin')
  @Delete(':budgetId')
  async delete(
    @Param('budgetId') id: string,
    @Query() query: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    refuseQuery(query);
    const request = { caller, ifMatch: readIfMatch(ifMatch, 'if-match') };
    const outcome = await this.changer.remove(readBudgetId(id), request);
    const { applied, position } = changedOrThrow(outcome, caller);
    return { applied, position };
  }
}

function parseFlagText(value: unknown, field: string): ParsedValue {
  return value === 'true' || value === 'false'
    ? parsed(value === 'true')
    : refused(field, 'one_of', 'must be true or false');
}

function readBudgetId(id: string): string {
  const secrets = secretFaults(id, 'budgetId');
  if (secrets.length > 0) throw invalid(secrets);
  return accepted(parseBudgetId(id, 'budgetId'));
}
