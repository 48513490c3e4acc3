import { claimedKeys, type Prepared } from '#libs/postgres';
import { HOLDS_SOURCE, keyOfFact, type ClaimedFact, type SpendRecorded } from '#libs/wire';
import { insertClaims } from './insert-claims';
import type { Plan } from './plan-batch';

/** Brings held money to where it was when spends settled their holds. `#libs/holds` has one. */
export interface RestoresHeld {
  lock(client: Prepared, spends: readonly SpendRecorded[]): Promise<void>;
  settle(client: Prepared, spends: readonly SpendRecorded[]): Promise<void>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Makes the claims again that the log's records were appended under, where their database was lost or is a backup of
 * before: without them an old id could be recorded with other content. It only looks where none is missing.
 *
 * Ingest claims before it locks held money, and auth claims the settles of holds after it: this does each as they do,
 * so that nobody waits crosswise.
 * @returns the keys of the events whose claims were gone; a claim that stands was made in this database
 */
export async function restoreClaims(
  client: Prepared,
  partition: number,
  { spends, adjustments, budgetChanges, prices }: Plan,
  held: RestoresHeld,
): Promise<ReadonlySet<string>> {
  const missing = await withoutClaim(client, [
    ...spends,
    ...adjustments,
    ...budgetChanges,
    ...prices,
  ]);
  if (missing.length === 0) return NONE;
  const insert = async (events: readonly ClaimedFact[]) =>
    insertClaims(
      client,
      events.map((event) => ({ event, partition })),
    );
  const others = missing.filter((event) => !isOfHolds(event));
  const made = await insert(others);
  const settles: SpendRecorded[] = missing.filter((event) => isOfHolds(event));
  await held.lock(client, [...settledOf(others, made), ...settles]);
  return new Set([...made, ...(await insert(settles))]);
}

/** Which of these events settled a hold and had lost their claims. One whose claim stands has taken its amount with it. */
export function settledOf(
  events: readonly ClaimedFact[],
  restored: ReadonlySet<string>,
): SpendRecorded[] {
  return events.filter(
    (event): event is SpendRecorded =>
      event.kind === 'spend_recorded' &&
      event.holdOutcome === 'settled' &&
      restored.has(keyOfFact(event)),
  );
}

async function withoutClaim<E extends ClaimedFact>(
  client: Prepared,
  events: readonly E[],
): Promise<E[]> {
  const claimed = await claimedKeys(client, events.map(keyOfFact));
  return events.filter((event) => !claimed.has(keyOfFact(event)));
}

function isOfHolds(event: ClaimedFact): event is SpendRecorded {
  return event.kind === 'spend_recorded' && event.spend.source === HOLDS_SOURCE;
}
