import {
  basisOf,
  formatInstant,
  isSameScope,
  mayEndHold,
  type Labels,
  type Spend,
} from '#libs/ledger';
import { claimIntoOutbox, type ClaimedRecord, type Prepared } from '#libs/postgres';
import { allLabels, eventKeyOf, labelsWithout, type HoldMarks } from '#libs/wire';
import { amendRecord } from './amend-event';
import { isAmendable, overrunOf, poolsOfSettle, type Hold } from './hold';
import { HoldBook } from './hold-book';
import { heldAccountsOf, type HeldPlaces } from './held-places';
import { lockAccounts } from './lock-accounts';
import { readFlushClock } from './read-clock';
import { readHolds } from './read-holds';
import { writeBook } from './write-book';

/** A spend that names a hold. */
export interface HoldingSpend {
  readonly spend: Spend & { readonly holdId: string };
  /** Labels that the bindings of who reports it fill in. */
  readonly boundLabels?: Labels | undefined;
  readonly caller: string;
}

/** How a spend settled a hold: by how much it was more than was held, and whether after the expiry. */
export interface SettledBySpend {
  readonly overrunPico: bigint;
  readonly late: boolean;
}

const ENDED: HoldMarks = { holdOutcome: 'ended' };

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
  places: HeldPlaces,
  onSettled: OnSettled = () => undefined,
): Promise<HoldMarks[]> {
  const { partitions } = places;
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
  const reversals: ClaimedRecord[] = [];
  const outcomes = spends.map((given) => {
    const outcome = outcomeOf(book.find(given.spend.holdId), given);
    if (outcome !== undefined) return outcome;
    const hold = settle(book, given, onSettled);
    if (hold.end !== null) {
      const { currency } = given.spend;
      reversals.push(amendRecord(hold, { by: given.spend }, { currency, partitions, now }));
    }
    return outcomeOf(book.find(given.spend.holdId), given)!;
  });
  await writeBook(client, book, places);
  await claimIntoOutbox(client, reversals, formatInstant(now));
  return outcomes;
}

/** What became of the holds of spends that were claimed before; changes nothing. */
export async function readHoldOutcomes(
  client: Prepared,
  spends: readonly HoldingSpend[],
): Promise<HoldMarks[]> {
  const ids = spends.map(({ spend }) => spend.holdId);
  const holds = holdsById(await readHolds(client, { ids, keys: [] }));
  return spends.map((given) => outcomeOf(holds.get(given.spend.holdId), given) ?? ENDED);
}

/** @returns the hold as it was before */
function settle(book: HoldBook, given: HoldingSpend, onSettled: OnSettled): Hold {
  const { spend } = given;
  const hold = book.find(spend.holdId)!;
  const { source, id, amountPico: actualPico } = spend;
  const settlement = {
    event: { source, id },
    actualPico,
    basis: basisOf(spend),
    bodyHash: null,
    pools: poolsOfSettle(hold, allLabels(spend.labels, filledIn(hold, given))),
    model: spend.model ?? null,
  };
  const settled = isAmendable(hold)
    ? book.supersede(hold, settlement)
    : book.settle(hold, settlement);
  onSettled({ overrunPico: overrunOf(hold, settlement), late: settled.end.late });
  return hold;
}

/** @returns `undefined`: it is for this spend to settle */
function outcomeOf(hold: Hold | undefined, given: HoldingSpend): HoldMarks | undefined {
  const { spend, caller } = given;
  if (!hold) return { holdOutcome: 'unknown' };
  const isEnded = hold.end !== null && !isAmendable(hold);
  // It has settled the hold already, and says so with what was taken then, also when another caller sends it again.
  if (isEnded && isItsEvent(hold, spend)) return marksOfSettled(hold, given);
  if (!mayEndHold(hold.caller, caller) || !isOfHold(spend, hold)) return { holdOutcome: 'foreign' };
  if (!isEnded) return undefined;
  const ledgerLabels = filledIn(hold, given);
  return { holdOutcome: 'ended', ...(ledgerLabels && { ledgerLabels }) };
}

function isItsEvent({ end }: Hold, spend: Spend): boolean {
  return end?.state === 'settling' && eventKeyOf(end.event) === eventKeyOf(spend);
}

function marksOfSettled(hold: Hold, given: HoldingSpend): HoldMarks {
  const pools = hold.end?.state === 'settling' ? hold.end.pools : null;
  const ledgerLabels =
    pools === null ? filledIn(hold, given) : labelsWithout(pools.labels, given.spend.labels);
  return {
    holdOutcome: 'settled',
    ...(ledgerLabels && { ledgerLabels }),
    ...(pools !== null && { holdPools: true }),
  };
}

/** It is for the same, as far as it says. */
function isOfHold(spend: Spend, hold: Hold): boolean {
  return (
    isSameScope(hold.scope, spend.scope) &&
    [...(spend.labels ?? [])].every(([name, value]) => (hold.labels?.get(name) ?? value) === value)
  );
}

/** The labels that a spend does not say are those of its hold, which never change, and then those of its caller's bindings. */
function filledIn({ labels }: Hold, { spend, boundLabels }: HoldingSpend): Labels | undefined {
  return labelsWithout(allLabels(labels, boundLabels), spend.labels);
}

function holdsById(holds: readonly Hold[]): Map<string, Hold> {
  return new Map(holds.map((hold) => [hold.holdId, hold]));
}
