import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import type { Caller } from '#libs/access';
import { CalledBy, Needs } from '#libs/runtime';
import type { Hold } from '#libs/holds';
import { formatMoney, type Instant } from '#libs/ledger';
import { timestampOf } from '#libs/wire';
import { HoldDesk } from '../../holds/hold-desk';
import { HoldTaker } from '../../holds/hold-taker';
import { remainingTtlMs } from '../../holds/print-hold';
import { HoldReader } from '../../holds/read-hold';
import { servedAs } from '../hold-problem';
import { permitHold } from '../permit-hold';
import { ScopePermits } from '../permit-scope';
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
    private readonly permits: ScopePermits,
  ) {}

  @Needs('check')
  @GrpcMethod('BudgetService', 'Hold')
  async hold(@Payload() message: HoldMessage, @CalledBy() caller: Caller): Promise<object> {
    const request = readHold(message, caller.name);
    const labels = await this.permits.hold(caller, request);
    const outcome = await this.taker.take(
      { ...request, labels },
      readMinPosition(message.min_position),
    );
    const served = await servedAs(['taken', 'refused'], outcome, this.holds);
    const decision = decisionMessage(served.decision);
    if (served.outcome === 'refused') return { decision };
    const { hold, now } = served;
    const state = 'HOLD_STATE_ACTIVE';
    return { hold_id: hold.holdId, ...standing(hold, now), state, decision };
  }

  @Needs('check')
  @GrpcMethod('BudgetService', 'Settle')
  async settle(@Payload() message: SettleMessage, @CalledBy() caller: Caller): Promise<object> {
    const request = readSettle(message, caller.name);
    await permitHold(caller, request.holdId, this.holds);
    const outcome = await this.desk.submit(request);
    const done = await servedAs(['settled'], outcome, this.holds);
    const { event, overrunPico, late } = done;
    const position = await this.holds.positionOf(request.holdId, done);
    const overrun = formatMoney(overrunPico);
    return { source: event.source, event_id: event.id, overrun, late, position };
  }

  @Needs('check')
  @GrpcMethod('BudgetService', 'Release')
  async release(@Payload() message: ReleaseMessage, @CalledBy() caller: Caller): Promise<object> {
    const request = readRelease(message, caller.name);
    await permitHold(caller, request.holdId, this.holds);
    const outcome = await this.desk.submit(request);
    const { amountPico } = await servedAs(['released'], outcome, this.holds);
    return { released: formatMoney(amountPico) };
  }

  @Needs('check')
  @GrpcMethod('BudgetService', 'Extend')
  async extend(@Payload() message: ExtendMessage, @CalledBy() caller: Caller): Promise<object> {
    const request = readExtend(message, caller.name);
    await permitHold(caller, request.holdId, this.holds);
    const outcome = await this.desk.submit(request);
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
