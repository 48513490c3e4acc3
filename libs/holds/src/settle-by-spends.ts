import { basisOf, isSameScope, mayEndHold, type Spend } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { eventKeyOf, type HoldOutcome } from '#libs/wire';
import { overrunOf, type Hold, type Settling } from './hold';
import { HoldBook, heldAccountsOf } from './hold-book';
import { lockAccounts } from './lock-accounts';
import { readFlushClock } from './read-clock';
import { readHolds } from './read-holds';
import { writeBook } from './write-book';

/** A spend that names a hold. */
export interface HoldingSpend {
  readonly spend: Spend & { readonly holdId: string };
  readonly caller: string;
}

/** How a spend settled a hold: by how much it was more than was held, and whether after the expiry. */
export interface SettledBySpend {
  readonly overrunPico: bigint;
  readonly late: boolean;
}

type OnSettled = (settled: SettledBySpend) => void;

/**
 * Settles the holds that spends from other doors name, in the transaction that has just claimed these spends: the same
 * locks and the same change as a settle at auth's door.
 * @param onSettled is told each hold that is settled, before the transaction commits
 * @returns what became of each one's hold, in their order
 */
export async function settleBySpends(
  client: Prepared,
  spends: readonly HoldingSpend[],
  partitions: number,
  onSettled: OnSettled = () => undefined,
): Promise<HoldOutcome[]> {
  const wanted = { ids: spends.map(({ spend }) => spend.holdId), keys: [] };
  const before = holdsById(await readHolds(client, wanted));
  const settling = spends.filter(
    (given) => outcomeOf(before.get(given.spend.holdId), given) === undefined,
  );
  if (settling.length === 0)
    return spends.map((given) => outcomeOf(before.get(given.spend.holdId), given)!);
  const accounts = settling.flatMap(({ spend }) => heldAccountsOf(spend.scope, partitions));
  const last = await lockAccounts(client, accounts);
  const now = await readFlushClock(client, last);
  const book = new HoldBook(now, partitions, await readHolds(client, wanted));
  const outcomes = spends.map((given) => settle(book, given, onSettled));
  await writeBook(client, book, partitions);
  return outcomes;
}

/** What became of the holds of spends that were claimed before; changes nothing. */
export async function readHoldOutcomes(
  client: Prepared,
  spends: readonly HoldingSpend[],
): Promise<HoldOutcome[]> {
  const ids = spends.map(({ spend }) => spend.holdId);
  const holds = holdsById(await readHolds(client, { ids, keys: [] }));
  return spends.map((given) => outcomeOf(holds.get(given.spend.holdId), given) ?? 'ended');
}

function settle(book: HoldBook, given: HoldingSpend, onSettled: OnSettled): HoldOutcome {
  const { spend } = given;
  const hold = book.find(spend.holdId);
  const outcome = outcomeOf(hold, given);
  if (outcome !== undefined) return outcome;
  const { source, id, amountPico: actualPico } = spend;
  const settlement = { event: { source, id }, actualPico, basis: basisOf(spend), bodyHash: null };
  const { end } = book.settle(hold!, settlement);
  onSettled({ overrunPico: overrunOf(hold!, settlement), late: (end as Settling).late });
  return 'settled';
}

/** @returns `undefined`: it is for this spend to settle */
function outcomeOf(
  hold: Hold | undefined,
  { spend, caller }: HoldingSpend,
): HoldOutcome | undefined {
  if (!hold) return 'unknown';
  if (!mayEndHold(hold.caller, caller) || !isSameScope(hold.scope, spend.scope)) return 'foreign';
  if (hold.end === null) return undefined;
  const isItsEvent =
    hold.end.state === 'settling' && eventKeyOf(hold.end.event) === eventKeyOf(spend);
  return isItsEvent ? 'settled' : 'ended';
}

function holdsById(holds: readonly Hold[]): Map<string, Hold> {
  return new Map(holds.map((hold) => [hold.holdId, hold]));
}
