import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { statusMessage } from '#libs/balances';
import { formatMoney, parseAccount, parseAmount } from '#libs/ledger';
import { accepted, invalid } from '#libs/runtime';
import { timestampOf, type ScopeMessage, type Timestamp } from '#libs/wire';
import type { CheckRequest } from '../../check-budget';
import { CheckAnswerer } from '../../decisions/answer-check';
import { BalanceReader } from '../../read-balance';
import { refuseSecrets } from '../refuse-secrets';
import { decisionMessage, type DecisionMessage } from './decision-message';
import { readMinPosition } from './min-position';
import { readScope } from './scope-message';

interface CheckMessage {
  readonly scope?: ScopeMessage | null;
  readonly estimate?: string;
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
    private readonly checks: CheckAnswerer,
    private readonly balances: BalanceReader,
  ) {}

  @GrpcMethod('BudgetService', 'Check')
  async check(@Payload() message: CheckMessage): Promise<{ decision: DecisionMessage }> {
    return { decision: decisionMessage(await this.checks.check(readCheck(message))) };
  }

  @GrpcMethod('BudgetService', 'GetBalance')
  async getBalance(@Payload() message: GetBalanceMessage): Promise<object> {
    refuseSecrets(message.account, 'account');
    refuseTimes(message);
    const account = accepted(parseAccount(message.account, 'account'));
    const balance = await this.balances.read(account, readMinPosition(message.min_position));
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
  return {
    scope: readScope(message.scope),
    estimatePico:
      message.estimate === undefined
        ? undefined
        : accepted(parseAmount(message.estimate, 'estimate')),
    minPosition: readMinPosition(message.min_position),
  };
}

/** Reading a balance as it was is not offered: saying so beats answering another question. */
function refuseTimes({ at, known_at }: GetBalanceMessage): void {
  const errors = [...(at ? ['at'] : []), ...(known_at ? ['known_at'] : [])].map((field) => ({
    field,
    rule: 'unknown_member',
    message: 'is not offered: a balance is read as it is now',
  }));
  if (errors.length > 0) throw invalid(errors);
}
