import { isBoundToAccounts } from '#libs/access';
import {
  countOtherBudgets,
  readBudgetInForce,
  readLastRevision,
  readLedgerNow,
  readStateOf,
} from '#libs/balances';
import {
  isDefaultTarget,
  judge,
  partitionOfBudget,
  parseAccount,
  type Budget,
  type JudgedBudget,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { isBudgetRevisionClaimed } from '#libs/recording';
import { RevisionWaits } from './await-revision';
import {
  matches,
  mayChange,
  type ChangedBudget,
  type ChangeOutcome,
  type ChangeRequest,
} from './budget-change';
import type { ClaimRestoration } from './claim-restoration';
import { findSameSetting, type Standing, type StoredSetting } from './find-same-setting';
import type { OutboxRelay } from './outbox-relay';
import type { RecordingRounds } from './recording-rounds';
import { RevisionClaims } from './revision-claims';

export interface ChangeLimits {
  /** How long an answer waits for a change to be in force. */
  readonly applyWaitMs: number;
  /** Most budgets in force on one account, or one default target: every check of it lists them all. */
  readonly maxPerAccount: number;
  /** Most revisions tried while other administrators are faster. */
  readonly maxAttempts: number;
}

/**
 * Sets and removes budgets: each change is a revision, and its claim the compare-and-set between administrators. The
 * same setting once more changes nothing, and is no revision.
 */
export class BudgetChanger {
  private readonly revisions: RevisionClaims;
  private readonly waits: RevisionWaits;

  constructor(
    private readonly database: Database,
    private readonly relay: Pick<OutboxRelay, 'wake'>,
    private readonly claims: Pick<ClaimRestoration, 'check'>,
    private readonly partitions: number,
    private readonly limits: ChangeLimits,
    rounds: RecordingRounds,
  ) {
    this.revisions = new RevisionClaims(database, rounds);
    this.waits = new RevisionWaits(database, limits.applyWaitMs);
  }

  async set(budget: Budget, request: ChangeRequest): Promise<ChangeOutcome> {
    const changed = await this.change(budget.budgetId, budget, request);
    if (changed.outcome !== 'changed') return changed;
    return { ...changed, status: await this.statusOf(changed.budget ?? budget) };
  }

  async remove(budgetId: string, request: ChangeRequest): Promise<ChangeOutcome> {
    return this.change(budgetId, null, request);
  }

  /** What `set` would answer; changes nothing. */
  async preview(budget: Budget, request: ChangeRequest): Promise<ChangeOutcome> {
    const partition = partitionOfBudget(budget.budgetId, this.partitions);
    const current = await readBudgetInForce(this.database, budget.budgetId, partition);
    const { caller, ifMatch } = request;
    if (!mayChange(caller, current, ifMatch !== undefined)) return { outcome: 'forbidden' };
    if (!matches(ifMatch, current)) return { outcome: 'etag_mismatch' };
    const last = await readLastRevision(this.database, budget.budgetId, partition);
    const same = await findSameSetting(this.database, budget, { last, current }, partition);
    if (!same && (await this.isFull(budget))) return { outcome: 'too_many' };
    const set = same?.budget ?? budget;
    return {
      outcome: 'changed',
      created: !same && !current?.budget,
      budget: set,
      revision: same?.revision ?? current?.revision ?? 0,
      status: await this.statusOf(set),
      applied: false,
      position: current ? `${partition}:${current.nextOffset}` : '',
    };
  }

  private async change(
    budgetId: string,
    budget: Budget | null,
    { caller, ifMatch }: ChangeRequest,
  ): Promise<ChangeOutcome> {
    await this.claims.check();
    const partition = partitionOfBudget(budgetId, this.partitions);
    const standing = await this.standing(budgetId, partition, {
      knownRevision: ifMatch && 'revision' in ifMatch ? ifMatch.revision : undefined,
      asksForOne: budget === null || (ifMatch !== undefined && 'any' in ifMatch),
    });
    if (standing === undefined) return { outcome: 'contended' };
    const { last, current } = standing;
    const isBound = isBoundToAccounts(caller.bindings);
    const asksForOne = budget === null || ifMatch !== undefined;
    if (!mayChange(caller, current, asksForOne)) return { outcome: 'forbidden' };
    if (!matches(ifMatch, current)) return { outcome: 'etag_mismatch' };
    if (budget === null && !current?.budget) return { outcome: 'not_found' };
    const same = budget && (await findSameSetting(this.database, budget, standing, partition));
    if (same) return unchanged(same, await this.waits.appliedOnRecord());
    if (budget !== null && (await this.isFull(budget))) return { outcome: 'too_many' };
    // Who may change this one may not change what another has made of it meanwhile.
    const attempts = ifMatch || isBound ? 1 : this.limits.maxAttempts;
    for (let revision = last + 1; revision <= last + attempts; revision++) {
      const change = { budgetId, revision, budget };
      const claim = await this.revisions.claim({ change, partition, caller: caller.name });
      // The same that another asks for at this moment; a later revision has to be won over.
      const isShared = claim === 'same' && budget !== null && ifMatch === undefined;
      if (isShared && (await isBudgetRevisionClaimed(this.database, budgetId, revision + 1)))
        continue;
      if (claim !== 'claimed' && !isShared) continue;
      this.relay.wake();
      const { stored, applied } = await this.waits.applied({ budgetId, revision, partition });
      return {
        outcome: 'changed',
        created: !current?.budget,
        budget,
        revision,
        status: undefined,
        applied,
        position: stored ? `${partition}:${stored.nextOffset}` : '',
      };
    }
    return { outcome: ifMatch ? 'etag_mismatch' : 'contended' };
  }

  /**
   * The last revision and what is in force. Revisions that were claimed are waited for where the answer hangs on them:
   * the one that the caller knows, and any at all before it is said that there is no budget.
   * @returns undefined: they were not projected in time
   */
  private async standing(
    budgetId: string,
    partition: number,
    asked: { readonly knownRevision: number | undefined; readonly asksForOne: boolean },
  ): Promise<Standing | undefined> {
    let awaited = asked.knownRevision;
    for (let round = 0; ; round++) {
      if (
        awaited !== undefined &&
        (await isBudgetRevisionClaimed(this.database, budgetId, awaited)) &&
        !(await this.waits.seen({ budgetId, revision: awaited, partition }))
      ) {
        return undefined;
      }
      // Before what is in force: a change that comes in between is then seen, or has the revision this one would claim.
      const last = await readLastRevision(this.database, budgetId, partition);
      const current = await readBudgetInForce(this.database, budgetId, partition);
      const isAbsent = asked.asksForOne && !current?.budget;
      if (!isAbsent || awaited === last + 1) return { last, current };
      if (round > this.limits.maxAttempts) return undefined;
      awaited = last + 1;
    }
  }

  /** Changes that are made at the same instant do not see each other, and may pass the most by their number. */
  private async isFull({ account, budgetId }: Budget): Promise<boolean> {
    const { maxPerAccount: most } = this.limits;
    return (await countOtherBudgets(this.database, { account, budgetId, most })) >= most;
  }

  /**
   * The numbers of what is in force once the change is: of the setting itself, or, where its end is past already, of
   * the one before it. None for a default, and where nothing is in force.
   */
  private async statusOf(budget: Budget): Promise<JudgedBudget | undefined> {
    const { database, partitions } = this;
    const { validUntil, budgetId } = budget;
    const isOver = validUntil !== undefined && validUntil <= (await readLedgerNow(database.kysely));
    const inForce = isOver
      ? (await readBudgetInForce(database, budgetId, partitionOfBudget(budgetId, partitions)))
          ?.budget
      : budget;
    if (!inForce || isDefaultTarget(inForce.account)) return undefined;
    const account = parseAccount(inForce.account, 'account');
    if (!account.ok) throw new Error('the account of a parsed budget is an account');
    const state = await readStateOf(database, inForce, account.value, partitions);
    return judge(state, undefined);
  }
}

/** The setting stands already, and every check goes by it. */
function unchanged(
  { budget, revision, partition, nextOffset }: StoredSetting,
  applied: boolean,
): ChangedBudget {
  return {
    outcome: 'changed',
    created: false,
    budget,
    revision,
    status: undefined,
    applied,
    position: `${partition}:${nextOffset}`,
  };
}
