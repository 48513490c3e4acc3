import { permitRole, permitSource, type Caller } from '#libs/access';
import type { GatewayRules } from '#libs/gateways';
import type { Instant, Labels, Scope } from '#libs/ledger';
import { Problem } from '#libs/runtime';
import { labelsWithout } from '#libs/wire';
import type { HoldDesk } from '../holds/hold-desk';
import type { HoldOutcome } from '../holds/hold-outcome';
import type { HoldReader } from '../holds/read-hold';
import { permitHold } from '../inbound/permit-hold';
import type { ScopePermits } from '../inbound/permit-scope';
import { Stopped, type Backlog } from './backlog';
import { chargeOf, costOf, type EndedCall } from './charge-of';
import type { Prices } from './prices';
import { sourceOfGateway, type CallRecorder } from './record-call';

/** What a gateway says of a call that has ended; once or more often. */
export interface CallReport extends EndedCall {
  readonly rules: GatewayRules;
  readonly callId: string;
  /** Where money is held for it. */
  readonly holdId: string | undefined;
  /** When it was admitted; `undefined`: the hold knows. */
  readonly at: Instant | undefined;
  /** Whose money it spent, where nothing is held for it. */
  readonly scope: Scope | undefined;
  /** What it was for, where nothing is held for it. */
  readonly labels: Labels | undefined;
  /** What is held, or was asked; `undefined`: the hold knows, if there is one. */
  readonly estimatePico: bigint | undefined;
  /** The version of the prices when it was admitted, if that is known. */
  readonly prices: string | undefined;
  /** The gateway's own name for it. */
  readonly requestId: string | undefined;
}

/** What became of a report; the metrics count it. */
export const REPORT_OUTCOMES = [
  'exact',
  'estimated',
  'unknown',
  'released',
  // It says nothing that is to be recorded.
  'nothing',
  // The same was reported before.
  'repeated',
  // The hold had ended, or the call was recorded, by another report, which counts.
  'ended',
  'not_found',
  'forbidden',
  // Of a call that the gateway let through without the ledger's answer, whose rules do not say whose it was.
  'gateway_unknown',
  'scope_unknown',
  'invalid',
  // The process stopped before it could be done, or it cannot be done at all.
  'failed',
] as const;
export type ReportOutcome = (typeof REPORT_OUTCOMES)[number];

export interface SettlerParts {
  readonly desk: Pick<HoldDesk, 'submit'>;
  readonly holds: Pick<HoldReader, 'find'>;
  readonly permits: Pick<ScopePermits, 'spent'>;
  readonly recorder: Pick<CallRecorder, 'record'>;
  readonly prices: Prices;
  readonly backlog: Pick<Backlog, 'run' | 'isFull'>;
  readonly onOutcome: (outcome: ReportOutcome) => void;
  readonly onError: (error: unknown) => void;
}

/** Turns reports into what calls cost: one event for a call, however often and through whichever door it is reported. */
export class CallSettler {
  constructor(private readonly parts: SettlerParts) {}

  /** Whether a door should take no more reports now. */
  get isFull(): boolean {
    return this.parts.backlog.isFull;
  }

  /**
   * Settles, releases or records a call, and tries again for as long as the ledger cannot: the answer may take as long.
   * Never rejects.
   */
  async report(report: CallReport, caller: Caller): Promise<ReportOutcome> {
    const { backlog, onOutcome, onError } = this.parts;
    const outcome = await backlog
      .run(() => this.end(report, caller))
      .catch((error: unknown): ReportOutcome => {
        if (error instanceof Problem) {
          if (error.code === 'forbidden' || error.code === 'invalid') return error.code;
        }
        if (!(error instanceof Stopped)) onError(error);
        return 'failed';
      });
    onOutcome(outcome);
    return outcome;
  }

  private async end(report: CallReport, caller: Caller): Promise<ReportOutcome> {
    const { holdId, scope } = report;
    if (holdId !== undefined) {
      await permitHold(caller, holdId, this.parts.holds);
      return this.endHold(report, holdId, caller.name);
    }
    return scope === undefined ? 'not_found' : this.record(report, scope, caller);
  }

  private async endHold(
    report: CallReport,
    holdId: string,
    caller: string,
  ): Promise<ReportOutcome> {
    const { desk, holds } = this.parts;
    const charge = chargeOf(report);
    if (charge.basis === 'none')
      return nameOf(await desk.submit({ kind: 'release', caller, holdId }));
    let { at, estimatePico } = report;
    if (at === undefined || estimatePico === undefined) {
      const hold = (await holds.find(holdId))?.hold;
      if (hold === undefined) return 'not_found';
      at ??= hold.createdAt;
      estimatePico ??= hold.amountPico;
    }
    const cost = costOf(charge, report, { book: this.bookOf(report), at, estimatePico });
    const settle = { kind: 'settle', caller, holdId, cost } as const;
    const outcome = await desk.submit({ ...settle, time: at });
    return outcome.outcome === 'time_outside'
      ? nameOf(await desk.submit({ ...settle, time: outcome.from }), cost.basis)
      : nameOf(outcome, cost.basis);
  }

  private async record(report: CallReport, scope: Scope, caller: Caller): Promise<ReportOutcome> {
    const { permits, recorder } = this.parts;
    const { rules, callId, at, estimatePico, requestId, labels } = report;
    const gateway = rules.name;
    if (rules.mode === 'check') permitRole(caller, 'record');
    permitSource(caller, sourceOfGateway(gateway));
    const judged = await permits.spent(caller, { scope, labels });
    const charge = chargeOf(report);
    if (charge.basis === 'none' || at === undefined) return 'nothing';
    const cost = costOf(charge, report, { book: this.bookOf(report), at, estimatePico });
    const outcome = await recorder.record({
      gateway,
      callId,
      time: at,
      scope,
      labels,
      ledgerLabels: labelsWithout(judged, labels),
      cost,
      requestId,
      caller: caller.name,
    });
    return outcome === 'recorded' ? cost.basis : outcome;
  }

  /** The prices that were in force when the call was admitted, where this process has them. */
  private bookOf({ prices: version }: CallReport) {
    const { prices } = this.parts;
    return (version === undefined ? undefined : prices.ofVersion(version)) ?? prices.current;
  }
}

/** @throws Problem `unavailable` where it is not known yet what became of it */
function nameOf(
  outcome: HoldOutcome,
  basis: 'exact' | 'estimated' | 'unknown' = 'unknown',
): ReportOutcome {
  switch (outcome.outcome) {
    case 'settled':
      return outcome.isRepeated ? 'repeated' : basis;
    case 'released':
    case 'ended':
    case 'not_found':
    case 'forbidden':
      return outcome.outcome;
    case 'behind':
      throw new Problem(
        'unavailable',
        'The ledger is behind, and settles nothing until it is not.',
      );
    default:
      return 'failed';
  }
}
