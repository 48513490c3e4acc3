import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { permitAccount, permitFound, permitsTarget, type Caller } from '#libs/access';
import { pageBudgets, readBudgetInForce, statusMessage } from '#libs/balances';
import {
  parseBudget,
  parseBudgetId,
  parseWindowRule,
  partitionOfBudget,
  secretFaults,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { accepted, CalledBy, invalid, ListReads, Needs } from '#libs/runtime';
import { instantOfTimestamp, snakeCase, windowMessage, type Timestamp } from '#libs/wire';
import { BudgetChanger } from '../../change-budget';
import { IngestParts } from '../../ingest-parts';
import { parseWindowCount, previewWindows } from '../../preview-windows';
import { budgetNotFound, readIfMatch } from '../etag';
import { changedOrThrow } from '../changed-or-throw';
import {
  budgetFieldInProto,
  budgetMessage,
  settingsOfMessage,
  storedBudgetMessage,
  type BudgetMessage,
} from './budget-message';
import { settingsOfWindowRule, windowFieldInProto, type WindowRuleMessage } from './window-message';

/** `spendledger.v1.BudgetAdminService`. */
@Controller()
export class BudgetAdminGrpcController {
  constructor(
    private readonly changer: BudgetChanger,
    private readonly parts: IngestParts,
    private readonly reads: ListReads<Database>,
  ) {}

  @Needs('admin')
  @GrpcMethod('BudgetAdminService', 'SetBudget')
  async setBudget(
    @Payload() request: { budget?: BudgetMessage | null; dry_run?: boolean },
    @CalledBy() caller: Caller,
  ): Promise<object> {
    const message = request.budget;
    if (!message) throw invalid([{ field: 'budget', rule: 'required', message: 'is missing' }]);
    refuseSecrets(message, 'budget');
    const budgetId = accepted(parseBudgetId(message.budget_id, 'budget.budget_id'));
    const parsed = parseBudget(budgetId, accepted(settingsOfMessage(message)));
    if (!parsed.ok) {
      throw invalid(
        parsed.errors.map((error) => ({ ...error, field: budgetFieldInProto(error.field) })),
      );
    }
    permitAccount(caller, parsed.value.account);
    const change = {
      caller,
      ifMatch: readIfMatch(message.etag || undefined, 'budget.etag'),
    };
    const outcome = request.dry_run
      ? await this.changer.preview(parsed.value, change)
      : await this.changer.set(parsed.value, change);
    const { budget, revision, status, applied, position } = changedOrThrow(outcome, caller);
    return {
      budget: budgetMessage(budget ?? parsed.value, revision),
      ...(status && { status: statusMessage(status) }),
      applied,
      position,
    };
  }

  @Needs('admin')
  @GrpcMethod('BudgetAdminService', 'RemoveBudget')
  async removeBudget(
    @Payload() request: { budget_id: string; etag?: string },
    @CalledBy() caller: Caller,
  ): Promise<object> {
    const budgetId = readBudgetId(request.budget_id);
    const ifMatch = readIfMatch(request.etag || undefined, 'etag');
    const outcome = await this.changer.remove(budgetId, { caller, ifMatch });
    const { applied, position } = changedOrThrow(outcome, caller);
    return { applied, position };
  }

  @Needs('audit', 'admin')
  @GrpcMethod('BudgetAdminService', 'GetBudget')
  async getBudget(
    @Payload() request: { budget_id: string },
    @CalledBy() caller: Caller,
  ): Promise<object> {
    const budgetId = readBudgetId(request.budget_id);
    const partition = partitionOfBudget(budgetId, this.parts.partitions);
    const stored = await this.reads.read((database) =>
      readBudgetInForce(database, budgetId, partition),
    );
    const { bindings } = caller;
    permitFound(caller, stored?.budget ?? undefined, ({ account }) =>
      permitsTarget(bindings, account),
    );
    if (!stored?.budget) throw budgetNotFound();
    return { budget: storedBudgetMessage(stored) };
  }

  @Needs('audit', 'admin')
  @GrpcMethod('BudgetAdminService', 'ListBudgets')
  async listBudgets(
    @Payload() request: { account: string; page_size: number; page_token: string },
    @CalledBy() caller: Caller,
  ): Promise<object> {
    refuseSecrets(request.account, 'account');
    permitAccount(caller, request.account);
    const asked = {
      account: request.account,
      pageSize: request.page_size,
      pageToken: request.page_token,
      maxBytes: this.parts.lists.pageBytes,
    };
    const page = await this.reads.read((database) => pageBudgets(database, asked));
    if (!page.ok) {
      throw invalid(page.errors.map((error) => ({ ...error, field: snakeCase(error.field) })));
    }
    const { items, nextPageToken } = page.value;
    return { items: items.map(storedBudgetMessage), next_page_token: nextPageToken };
  }

  @Needs('admin', 'audit')
  @GrpcMethod('BudgetAdminService', 'PreviewWindows')
  previewWindows(@Payload() { window: rule, at, count }: PreviewWindowsMessage): object {
    refuseSecrets(rule, 'window');
    const window = parseWindowRule(accepted(settingsOfWindowRule(rule, 'window')), 'window');
    if (!window.ok) {
      throw invalid(
        window.errors.map((error) => ({ ...error, field: windowFieldInProto(error.field) })),
      );
    }
    const request = {
      window: window.value,
      at: at ? accepted(instantOfTimestamp(at, 'at')) : undefined,
      // Not set is zero.
      count: count === 0 ? undefined : accepted(parseWindowCount(count, 'count')),
    };
    return { windows: previewWindows(request, this.parts.now).map(windowMessage) };
  }
}

interface PreviewWindowsMessage {
  readonly window?: WindowRuleMessage | null;
  readonly at?: Timestamp | null;
  readonly count: number;
}

function readBudgetId(value: string): string {
  refuseSecrets(value, 'budget_id');
  return accepted(parseBudgetId(value, 'budget_id'));
}

function refuseSecrets(value: unknown, field: string): void {
  const secrets = secretFaults(value, field);
  if (secrets.length > 0) throw invalid(secrets);
}
