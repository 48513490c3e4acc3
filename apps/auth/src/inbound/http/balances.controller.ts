import { Controller, Get, Query } from '@nestjs/common';
import { printStatus } from '#libs/balances';
import {
  formatInstant,
  formatMoney,
  parseAccount,
  parsePosition,
  redactSecrets,
  type Account,
  type Position,
} from '#libs/ledger';
import { OptionalMember, Parsed, readQuery } from '#libs/runtime';
import { BalanceReader } from '../../read-balance';
import { refuseSecrets } from '../refuse-secrets';

class BalanceQuery {
  @Parsed(parseAccount)
  account!: Account;

  @OptionalMember()
  @Parsed(parsePosition)
  minPosition?: Position;
}

/** `GET /v1/balances?account=` */
@Controller('v1/balances')
export class BalancesController {
  constructor(private readonly balances: BalanceReader) {}

  @Get()
  async get(@Query() query: unknown): Promise<object> {
    refuseSecrets(query, '');
    const { account, minPosition } = readQuery(BalanceQuery, query, { redact: redactSecrets });
    const balance = await this.balances.read(account, minPosition);
    return {
      account: balance.account,
      spentAllTime: formatMoney(balance.spentAllTimePico),
      held: formatMoney(balance.heldPico),
      unpriced: balance.unpriced,
      budgets: balance.budgets.map(printStatus),
      position: balance.position,
      asOf: formatInstant(balance.asOf),
    };
  }
}
