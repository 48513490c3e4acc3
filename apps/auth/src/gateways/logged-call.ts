import type { CallFacts, SaidUsage, UsageRules } from '#libs/gateways';
import type { Instant, Labels, Scope } from '#libs/ledger';
import type { CallEnd } from './charge-of';

/** A call as the log of its gateway has it, when it has ended. */
export interface LoggedCall {
  /** What the ledger left beside the call when it was asked; `undefined`: no answer of it came to the gateway. */
  readonly left: LeftMetadata | undefined;
  readonly end: CallEnd;
  /** Of HTTP; 0: there was none. */
  readonly status: number;
  usageBy(rules: UsageRules): { readonly usage: SaidUsage; readonly model: string | undefined };
  /** The gateway let it through because the ledger did not answer. */
  readonly wasLetThrough: boolean;
  /** What the log says of the call as it came. */
  readonly facts: CallFacts;
  /** The gateway's own name for it, which it has also told when it asked. */
  readonly streamId: string | undefined;
  readonly startedAt: Instant | undefined;
  readonly endedAt: Instant | undefined;
}

/** What reports bring back of a call that was asked about; it is left where clients cannot write. */
export interface LeftMetadata {
  readonly gateway: string | undefined;
  /** Why the call is not charged; `undefined`: it is. */
  readonly outcome: string | undefined;
  readonly callId: string | undefined;
  readonly holdId: string | undefined;
  readonly model: string | undefined;
  readonly estimatePico: bigint | undefined;
  readonly prices: string | undefined;
  readonly at: Instant | undefined;
  readonly scope: Scope | undefined;
  readonly labels: Labels | undefined;
}
