import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { statusMessage } from '#libs/balances';
import { permitAccount, type Caller } from '#libs/access';
import {
  formatMoney,
  parseAccount,
  parseAmount,
  parseId,
  parseLabels,
  type Instant,
} from '#libs/ledger';
import { accepted, CalledBy, invalid, Needs } from '#libs/runtime';
import {
  instantOfTimestamp,
  snakeCase,
  timestampOf,
  type ScopeMessage,
  type Timestamp,
} from '#libs/wire';
import type { CheckRequest } from '../../decision';
import { BudgetChecker } from '../../check-budget';
import { BalanceReader } from '../../read-balance';
import { ScopePermits } from '../permit-scope';
import { refuseSecrets } from '../refuse-secrets';
import { decisionMessage, type DecisionMessage } from './decision-message';
import { readMinPosition } from './min-position';
import { readScope } from './scope-message';

interface CheckMessage {
  readonly scope?: ScopeMessage | null;
  readonly estimate?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly min_position: string;
}

interface GetBalanceMessage {
  readonly account: string;
  readonly at?: Timestamp | null;
  readonly known_at?: Timestamp | null;
  readonly min_position: string;
}

/** `spendledger.v1.BudgetService`, but for its holds. */
@Controller()
export class BudgetGrpcController {
  constructor(
    private readonly checks: BudgetChecker,
    private readonly balances: BalanceReader,
    private readonly permits: ScopePermits,
  ) {}

  @Needs('check')
  @GrpcMethod('BudgetService', 'Check')
  async check(
    @Payload() message: CheckMessage,
    @CalledBy() caller: Caller,
  ): Promise<{ decision: DecisionMessage }> {
    const request = readCheck(message);
    const labels = await this.permits.check(caller, request);
    const decision = await this.checks.check({ ...request, labels }, caller.name);
    return { decision: decisionMessage(decision) };
  }

  @Needs('audit')
  @GrpcMethod('BudgetService', 'GetBalance')
  async getBalance(
    @Payload() message: GetBalanceMessage,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    refuseSecrets(message.account, 'account');
    const account = accepted(parseAccount(message.account, 'account'));
    permitAccount(caller, account);
    const read = await this.balances.read({
      account,
      at: readTime(message.at, 'at'),
      knownAt: readTime(message.known_at, 'known_at'),
      minPosition: readMinPosition(message.min_position),
    });
    if (!read.ok) {
      throw invalid(read.errors.map((error) => ({ ...error, field: snakeCase(error.field) })));
    }
    const balance = read.value;
    return {
      balance: {
        account: balance.account,
        spent_all_time: formatMoney(balance.spentAllTimePico),
        held: formatMoney(balance.heldPico),
        unpriced: balance.unpriced,
        budgets: balance.budgets.map(statusMessage),
        position: balance.position,
        as_of: timestampOf(balance.asOf),
      },
    };
  }
}

function readCheck(message: CheckMessage): CheckRequest {
  const { labels, model } = message;
  refuseSecrets({ labels, model }, '');
  return {
    scope: readScope(message.scope),
    estimatePico:
      message.estimate === undefined
        ? undefined
        : accepted(parseAmount(message.estimate, 'estimate')),
    labels: labels === undefined ? undefined : accepted(parseLabels(labels, 'labels')),
    model: model === undefined ? undefined : accepted(parseId(model, 'model')),
    minPosition: readMinPosition(message.min_position),
  };
}

function readTime(value: Timestamp | null | undefined, field: string): Instant | undefined {
  return value ? accepted(instantOfTimestamp(value, field)) : undefined;
}
