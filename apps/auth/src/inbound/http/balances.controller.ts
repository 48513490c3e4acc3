import { Controller, Get, Query } from '@nestjs/common';
import { permitAccount, type Caller } from '#libs/access';
import { printBalance } from '#libs/balances';
import {
  parseAccount,
  parseInstant,
  parsePosition,
  redactSecrets,
  type Account,
  type Instant,
  type Position,
} from '#libs/ledger';
import { accepted, CalledBy, Needs, OptionalMember, ParsedBy, readQuery } from '#libs/runtime';
import { BalanceReader } from '../../read-balance';
import { refuseSecrets } from '../refuse-secrets';

class BalanceQuery {
  @ParsedBy(parseAccount)
  account!: Account;

  @OptionalMember()
  @ParsedBy(parseInstant)
  at?: Instant;

  @OptionalMember()
  @ParsedBy(parseInstant)
  knownAt?: Instant;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

/** `GET /v1/balances?account=&at=&knownAt=` */
@Controller('v1/balances')
export class BalancesController {
  constructor(private readonly balances: BalanceReader) {}

  @Needs('audit')
  @Get()
  async get(@Query() query: unknown, @CalledBy() caller: Caller): Promise<object> {
    refuseSecrets(query, '');
    const { account, at, knownAt, minPosition } = readQuery(BalanceQuery, query, {
      redact: redactSecrets,
    });
    permitAccount(caller, account);
    return printBalance(accepted(await this.balances.read({ account, at, knownAt, minPosition })));
  }
}
