import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import type { Hold } from '#libs/holds';
import { formatMoney, type Instant } from '#libs/ledger';
import { timestampOf } from '#libs/wire';
import { HoldDesk } from '../../holds/hold-desk';
import { HoldTaker } from '../../holds/hold-taker';
import { remainingTtlMs } from '../../holds/print-hold';
import { HoldReader } from '../../holds/read-hold';
import { servedAs } from '../hold-problem';
import { decisionMessage } from './decision-message';
import {
  readExtend,
  readHold,
  readRelease,
  readSettle,
  type ExtendMessage,
  type HoldMessage,
  type ReleaseMessage,
  type SettleMessage,
} from './hold-requests';
import { readMinPosition } from './min-position';

/** The holds of `spendledger.v1.BudgetService`: a refusal is an answer. */
@Controller()
export class HoldsGrpcController {
  constructor(
    private readonly taker: HoldTaker,
    private readonly desk: HoldDesk,
    private readonly holds: HoldReader,
  ) {}

  @GrpcMethod('BudgetService', 'Hold')
  async hold(@Payload() message: HoldMessage): Promise<object> {
    const request = readHold(message);
    const outcome = await this.taker.take(request, readMinPosition(message.min_position));
    const served = await servedAs(['taken', 'refused'], outcome, this.holds);
    const decision = decisionMessage(served.decision);
    if (served.outcome === 'refused') return { decision };
    const { hold, now } = served;
    const state = 'HOLD_STATE_ACTIVE';
    return { hold_id: hold.holdId, ...standing(hold, now), state, decision };
  }

  @GrpcMethod('BudgetService', 'Settle')
  async settle(@Payload() message: SettleMessage): Promise<object> {
    const outcome = await this.desk.submit(readSettle(message));
    const { event, overrunPico, late } = await servedAs(['settled'], outcome, this.holds);
    return { source: event.source, event_id: event.id, overrun: formatMoney(overrunPico), late };
  }

  @GrpcMethod('BudgetService', 'Release')
  async release(@Payload() message: ReleaseMessage): Promise<object> {
    const outcome = await this.desk.submit(readRelease(message));
    const { amountPico } = await servedAs(['released'], outcome, this.holds);
    return { released: formatMoney(amountPico) };
  }

  @GrpcMethod('BudgetService', 'Extend')
  async extend(@Payload() message: ExtendMessage): Promise<object> {
    const outcome = await this.desk.submit(readExtend(message));
    const served = await servedAs(['extended', 'refused'], outcome, this.holds);
    const [decision, { hold, now }] =
      served.outcome === 'refused'
        ? [served.decision, served.unchanged!]
        : [served.decided?.decision, served];
    return { ...standing(hold, now), ...(decision && { decision: decisionMessage(decision) }) };
  }
}

/** How much is held, and for how long. */
function standing(hold: Hold, now: Instant): object {
  return {
    amount: formatMoney(hold.amountPico),
    expires_at: timestampOf(hold.expiresAt),
    remaining_ttl_ms: remainingTtlMs(hold, now),
  };
}
