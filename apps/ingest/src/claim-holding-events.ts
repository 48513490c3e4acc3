import {
  readHoldOutcomes,
  settleBySpends,
  type HoldingSpend,
  type SettledBySpend,
} from '#libs/holds';
import { leaveInOutbox, type Database } from '#libs/postgres';
import { claimEvents, recordOf, type Claimed, type RecordItem } from '#libs/recording';
import type { HoldOutcome } from '#libs/wire';
import type { CountHolding } from './count-holding-spends';

/**
 * Claims spends that name holds and settles those holds, in one transaction. What was settled counts as held until the
 * log has the event, so its record lies in the outbox from the same instant on: whoever sent it may never send it again.
 */
export async function claimHoldingEvents(
  database: Database,
  items: readonly RecordItem[],
  partitions: number,
  count: CountHolding,
): Promise<Claimed> {
  const settledHolds: SettledBySpend[] = [];
  const freshOutcomes: HoldOutcome[] = [];
  const claimed = await database.atomically(async (client) => {
    const claims = await claimEvents(client, items);
    const own = [
      ...new Map(
        items
          .filter((item) => claims.get(item.eventKey)!.contentHash === item.contentHash)
          .toReversed()
          .map((item) => [item.eventKey, item] as const),
      ).values(),
    ];
    const fresh = own.filter(({ eventKey }) => claims.get(eventKey)!.isNew);
    const known = own.filter(({ eventKey }) => !claims.get(eventKey)!.isNew);
    freshOutcomes.push(
      ...(await settleBySpends(client, fresh.map(holdingSpend), partitions, (settled) =>
        settledHolds.push(settled),
      )),
    );
    const outcomes = new Map([
      ...zip(fresh, freshOutcomes),
      ...zip(known, await readHoldOutcomes(client, known.map(holdingSpend))),
    ]);
    const settled = fresh.filter(({ eventKey }) => outcomes.get(eventKey) === 'settled');
    const inOutbox = await leaveInOutbox(
      client,
      settled.map((item) => ({
        ...item,
        record: recordOf(item, claims.get(item.eventKey)!, 'settled'),
      })),
    );
    return { claims, outcomes, inOutbox };
  });
  count(freshOutcomes, settledHolds);
  return claimed;
}

function holdingSpend({ reported: { spend }, caller }: RecordItem): HoldingSpend {
  return { spend: { ...spend, holdId: spend.holdId! }, caller };
}

function zip(
  items: readonly RecordItem[],
  outcomes: readonly HoldOutcome[],
): [eventKey: string, outcome: HoldOutcome][] {
  return items.map(({ eventKey }, n) => [eventKey, outcomes[n]!]);
}
