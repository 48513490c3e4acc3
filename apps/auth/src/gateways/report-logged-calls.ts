import { permitRole, type Caller } from '#libs/access';
import {
  isFree,
  mapLabels,
  mapScope,
  NO_BODY,
  readModel,
  rulesOfNone,
  type GatewayRules,
} from '#libs/gateways';
import type { Instant } from '#libs/ledger';
import type { Backlog } from './backlog';
import type { GatewayDirectory } from './gateway-directory';
import type { GivenUpHolds } from './give-up-hold';
import type { LeftMetadata, LoggedCall } from './logged-call';
import type { LostHolds } from './lost-holds';
import type { CallReport, CallSettler, ReportOutcome } from './settle-call';

export interface LoggedCallParts {
  readonly gateways: GatewayDirectory;
  readonly settler: Pick<CallSettler, 'report'>;
  readonly givenUp: Pick<GivenUpHolds, 'release'>;
  readonly lost: Pick<LostHolds, 'find'>;
  readonly backlog: Pick<Backlog, 'room' | 'run'>;
  readonly now: () => Instant;
  readonly onOutcome: (outcome: ReportOutcome) => void;
  readonly onError: (error: unknown) => void;
}

type Names = readonly (string | undefined)[];

/** Takes what gateways log of their calls for reports of them. */
export class LoggedCalls {
  constructor(private readonly parts: LoggedCallParts) {}

  /**
   * Whether a caller may report for the gateway that it names.
   * @throws Problem `forbidden` with the role that it lacks
   */
  permit(caller: Caller, names: Names): void {
    const rules = this.parts.gateways.find(...names);
    permitRole(caller, rules?.mode === 'check' ? 'record' : 'check');
  }

  /** Resolves when there is room for the report, not when it is settled. */
  async take(call: LoggedCall, caller: Caller, names: Names): Promise<void> {
    await this.parts.backlog.room();
    const { left } = call;
    if (left?.outcome !== undefined) this.parts.onOutcome('nothing');
    else if (left?.callId !== undefined) {
      const rules = this.parts.gateways.find(left.gateway, ...names);
      void this.settle(call, left, left.callId, rules ?? rulesOfNone(left.gateway ?? ''), caller);
    } else this.takeUnanswered(call, caller, this.parts.gateways.find(...names));
  }

  private settle(
    call: LoggedCall,
    left: LeftMetadata,
    callId: string,
    rules: GatewayRules,
    caller: Caller,
  ): Promise<ReportOutcome> {
    const { usage, model = left.model } = call.usageBy(rules.usage);
    const { status, end } = call;
    const report: CallReport = {
      ...left,
      callId,
      rules,
      status,
      end,
      usage,
      model,
      requestId: undefined,
    };
    return this.parts.settler.report(report, caller);
  }

  /** No answer of the ledger came to the gateway, which decided alone. */
  private takeUnanswered(call: LoggedCall, caller: Caller, rules: GatewayRules | undefined): void {
    const { onOutcome } = this.parts;
    if (rules === undefined) onOutcome('gateway_unknown');
    else {
      if (call.wasLetThrough && call.end !== 'not_sent') this.recordLetThrough(call, caller, rules);
      else onOutcome('nothing');
      if (rules.mode === 'hold') this.releaseLost(call, caller, rules);
    }
  }

  /** Its money was spent all the same, so it is recorded; nothing was held, so nothing is estimated. */
  private recordLetThrough(call: LoggedCall, caller: Caller, rules: GatewayRules): void {
    const { onOutcome, settler, now } = this.parts;
    const { facts, streamId, startedAt, status, end } = call;
    const mapped = mapScope(rules.scope, facts, NO_BODY);
    if (isFree(rules.free, facts.method, facts.path)) onOutcome('nothing');
    else if (mapped.outcome === 'unmapped') onOutcome('scope_unknown');
    else if (mapped.outcome === 'refused' || streamId === undefined) onOutcome('invalid');
    else {
      const at = startedAt === undefined || startedAt > now() ? now() : startedAt;
      const asked = readModel(rules.model, facts, NO_BODY);
      const { usage, model = asked.ok ? asked.value : undefined } = call.usageBy(rules.usage);
      const { scope } = mapped;
      // What it says wrongly is left out: its money counts for its scope all the same.
      const { labels } = mapLabels(rules.labels, facts, NO_BODY);
      const nothingHeld = { holdId: undefined, estimatePico: undefined, prices: undefined };
      const named = { rules, callId: streamId, requestId: streamId };
      void settler.report(
        { ...named, ...nothingHeld, at, scope, labels, status, end, usage, model },
        caller,
      );
    }
  }

  /** The ledger's answer may have been lost on its way, after a hold was taken. */
  private releaseLost(call: LoggedCall, caller: Caller, { name: gateway }: GatewayRules): void {
    const { backlog, lost, givenUp, onError } = this.parts;
    const { streamId: requestId, startedAt, endedAt } = call;
    if (requestId === undefined || startedAt === undefined || endedAt === undefined) return;
    const wanted = { gateway, caller: caller.name, requestId, startedAt, endedAt };
    backlog
      .run(() => lost.find(wanted))
      .then(
        (holdId) => {
          if (holdId !== undefined) givenUp.release(holdId, caller.name);
        },
        (error: unknown) => onError(error),
      );
  }
}
