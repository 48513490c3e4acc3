import { basisOf, type Scope } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { allLabels, type HoldFact, type SpendAdjusted, type SpendRecorded } from '#libs/wire';
import { isAmendable } from './hold';
import { HoldBook } from './hold-book';
import { heldAccountsOf } from './held-places';
import { lockAccounts } from './lock-accounts';
import { readFlushClock } from './read-clock';
import { readHolds } from './read-holds';
import { isExpiredCall } from './settle-event';
import { writeBook } from './write-book';

/** Brings held money to where it was when its holds were settled, in a database that has lost the claims of that. */
export interface HeldRestorer {
  /** Locks the held money of their accounts. */
  lock(client: Prepared, facts: readonly HoldFact[]): Promise<void>;
  /**
   * Settles the holds that an older backup still has as active. Of the others it takes the amounts again: such a spend
   * flips its amount, and without that `taken` would not have it and other holds would lose it.
   * @param facts the claim of each was lost; a correction comes after what it corrects
   */
  settle(client: Prepared, facts: readonly HoldFact[]): Promise<void>;
}

export function heldRestorer(partitions: number): HeldRestorer {
  const lock = async (client: Prepared, facts: readonly HoldFact[]) => {
    const known = await readHolds(client, { ids: facts.flatMap(holdIdOf), keys: [] });
    const scopes = [
      ...known.map(({ scope }) => scope),
      ...facts.flatMap((fact): Scope[] =>
        fact.kind === 'spend_recorded' ? [fact.spend.scope] : [],
      ),
    ];
    return lockAccounts(
      client,
      scopes.flatMap((scope) => heldAccountsOf(scope, partitions)),
    );
  };
  return {
    lock: async (client, facts) => {
      if (facts.length > 0) await lock(client, facts);
    },
    settle: async (client, facts) => {
      if (facts.length === 0) return;
      const now = await readFlushClock(client, await lock(client, facts));
      const ids = facts.flatMap(holdIdOf);
      const book = new HoldBook(now, partitions, await readHolds(client, { ids, keys: [] }));
      for (const fact of facts) {
        if (fact.kind === 'spend_recorded') settle(book, fact);
        else amend(book, fact);
      }
      await writeBook(client, book, { partitions, slot: 0 });
    },
  };
}

function settle(book: HoldBook, fact: SpendRecorded): void {
  const { spend, recordedAt: at } = fact;
  const { source, id, amountPico: actualPico } = spend;
  const hold = spend.holdId === undefined ? undefined : book.find(spend.holdId);
  const settlement = {
    event: { source, id },
    actualPico,
    basis: basisOf(spend),
    bodyHash: null,
    // As the record says it, which flips as much: this database may know another story of the hold.
    pools: fact.holdPools === true ? { labels: allLabels(spend.labels, fact.ledgerLabels) } : null,
    model: spend.model ?? null,
  };
  if (hold?.end === null) {
    const isOfExpiry = hold.onExpiry !== 'release' && isExpiredCall(spend);
    book.settle(hold, settlement, { at, ...(isOfExpiry && { expiryEvent: 'recorded' }) });
  } else if (hold && isAmendable(hold)) {
    book.supersede(hold, settlement);
  } else if (actualPico !== undefined) book.takeSpent(spend.scope, settlement);
}

/** Of a hold that another spend has settled since, that spend stands. */
function amend(book: HoldBook, { adjustment }: SpendAdjusted): void {
  const hold = book.find(adjustment.adjusts.id);
  if (!hold || !isAmendable(hold)) return;
  const { event, pools, model } = hold.end;
  const { amountPico: actualPico = 0n } = adjustment;
  book.amend(hold, { event, actualPico, basis: 'exact', bodyHash: null, pools, model });
}

function holdIdOf(fact: HoldFact): string[] {
  if (fact.kind === 'spend_adjusted') return [fact.adjustment.adjusts.id];
  return fact.spend.holdId === undefined ? [] : [fact.spend.holdId];
}
