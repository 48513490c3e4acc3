import { isBoundToAccounts, permitsScope, type Caller } from '#libs/access';
import type { Scope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  claimEvents,
  recordRound,
  type Claim,
  type HeldClaim,
  type RecordOutcome,
} from '#libs/recording';
import type { Batcher } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import {
  adjustmentContent,
  adjustmentContentHash,
  eventKeyOf,
  writeAdjustment,
  type HoldMarks,
  type RecordBytes,
  type ReportedAdjustment,
} from '#libs/wire';
import type { ClaimRestoration } from './claim-restoration';
import { findSpends } from './find-spends';
import type { RecordingRounds } from './recording-rounds';

/**
 * `unknown_event`: what it corrects is not on record as a spend. `not_yet_visible`: that cannot be said yet. `forbidden`:
 * it is not there, or is another's than the caller is bound to.
 */
export type AdjustmentOutcome =
  RecordOutcome | { readonly outcome: 'unknown_event' | 'not_yet_visible' | 'forbidden' };

export interface AdjustmentLimits {
  /** How long a correction waits for the spend it corrects to be projected. */
  readonly visibleWaitMs: number;
  /** How long its answer may take: it waits for half of that at most, so that it can still say that the spend is not there. */
  readonly recordWaitMs: number;
}

interface Asked {
  readonly reported: ReportedAdjustment;
  /** On the process's monotonic clock. */
  readonly askedAtMs: number;
  readonly caller: Caller;
}
type Item = Asked & Claim;

const NO_OUTCOMES: ReadonlyMap<string, HoldMarks> = new Map();

/**
 * Records corrections of spends that are on record, in the partitions of those and in the order in which they came:
 * the last one says what a spend costs.
 */
export class AdjustmentRecorder {
  private readonly batcher: Batcher<Asked, AdjustmentOutcome>;

  constructor(
    private readonly database: Database,
    private readonly log: SpendLog,
    private readonly claims: Pick<ClaimRestoration, 'check'>,
    private readonly limits: AdjustmentLimits,
    rounds: RecordingRounds,
  ) {
    this.batcher = rounds.batcher({ flush: (asked) => this.recordAll(asked) });
  }

  /**
   * Resolves when the log has the correction (or had it). A rejection says *unknown*: send the same again.
   * @throws Problem `overloaded`, `unavailable`
   */
  record(reported: ReportedAdjustment, caller: Caller): Promise<AdjustmentOutcome> {
    return this.batcher.submit({ reported, askedAtMs: performance.now(), caller });
  }

  private async recordAll(asked: readonly Asked[]): Promise<AdjustmentOutcome[]> {
    await this.claims.check();
    const { database, log, limits } = this;
    const keys = asked.map(({ reported }) => eventKeyOf(reported.adjustment.adjusts));
    const untilMs = Math.min(
      performance.now() + limits.visibleWaitMs,
      asked[0]!.askedAtMs + limits.recordWaitMs / 2,
    );
    const find = await findSpends(database, log, [...new Set(keys)], untilMs);
    const placed = new Map<Asked, Item>();
    asked.forEach((each, n) => {
      const spend = find(keys[n]!);
      if (spend.outcome === 'found' && mayCorrect(each.caller, spend.scope)) {
        placed.set(each, itemOf(each, spend.partition));
      }
    });
    const items = [...placed.values()];
    const claimed = { claims: await claimEvents(database, items), inOutbox: [] };
    const outcomes = await recordRound({ database, log, recordOf, contentOf }, items, {
      ...claimed,
      outcomes: NO_OUTCOMES,
    });
    const byItem = new Map(items.map((item, n) => [item, outcomes[n]!]));
    return asked.map((each, n) => {
      const item = placed.get(each);
      if (item) return byItem.get(item)!;
      const { outcome } = find(keys[n]!);
      if (outcome === 'not_yet_visible') return { outcome };
      return { outcome: isBoundToAccounts(each.caller.bindings) ? 'forbidden' : 'unknown_event' };
    });
  }
}

const mayCorrect = ({ bindings }: Caller, scope: Scope): boolean => permitsScope(bindings, scope);

function itemOf(asked: Asked, partition: number): Item {
  const { adjustment } = asked.reported;
  return {
    ...asked,
    eventKey: eventKeyOf(adjustment),
    contentHash: adjustmentContentHash(adjustment),
    partition,
  };
}

function recordOf({ reported, caller, contentHash }: Item, { recordedAt }: HeldClaim): RecordBytes {
  return writeAdjustment(reported, { recordedAt, caller: caller.name, contentHash });
}

function contentOf({ reported }: Item): object {
  return adjustmentContent(reported.adjustment);
}
