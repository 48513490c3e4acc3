import { basisOf, type Spend } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import type { SpendRecorded } from '#libs/wire';
import { HoldBook, heldAccountsOf } from './hold-book';
import { lockAccounts } from './lock-accounts';
import { readFlushClock } from './read-clock';
import { readHolds } from './read-holds';
import { writeBook } from './write-book';

/** Brings held money to where it was when spends settled their holds, in a database that has lost their claims. */
export interface HeldRestorer {
  /** Locks the held money of their accounts. */
  lock(client: Prepared, spends: readonly SpendRecorded[]): Promise<void>;
  /**
   * Settles the holds that an older backup still has as active. Of the others it takes the amounts again: such a spend
   * flips its amount, and without that `taken` would not have it and other holds would lose it.
   * @param spends each settled a hold, and its claim was lost
   */
  settle(client: Prepared, spends: readonly SpendRecorded[]): Promise<void>;
}

export function heldRestorer(partitions: number): HeldRestorer {
  const lock = (client: Prepared, spends: readonly SpendRecorded[]) =>
    lockAccounts(
      client,
      spends.flatMap(({ spend }) => heldAccountsOf(spend.scope, partitions)),
    );
  return {
    lock: async (client, spends) => {
      if (spends.length > 0) await lock(client, spends);
    },
    settle: async (client, spends) => {
      if (spends.length === 0) return;
      const now = await readFlushClock(client, await lock(client, spends));
      const ids = spends.flatMap(({ spend }) => spend.holdId ?? []);
      const book = new HoldBook(now, partitions, await readHolds(client, { ids, keys: [] }));
      for (const recorded of spends) settle(book, recorded);
      await writeBook(client, book, partitions);
    },
  };
}

function settle(book: HoldBook, { spend, recordedAt }: SpendRecorded): void {
  const { source, id, amountPico: actualPico } = spend;
  const hold = holdOf(book, spend);
  if (hold?.end === null) {
    const settlement = { event: { source, id }, actualPico, basis: basisOf(spend), bodyHash: null };
    book.settle(hold, settlement, recordedAt);
  } else if (actualPico !== undefined) book.takeSpent(spend.scope, actualPico);
}

function holdOf(book: HoldBook, { holdId }: Spend) {
  return holdId === undefined ? undefined : book.find(holdId);
}
