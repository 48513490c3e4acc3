import {
  readHoldOutcomes,
  settleBySpends,
  type HeldPlaces,
  type HoldingSpend,
  type SettledBySpend,
} from '#libs/holds';
import { findInOutbox, leaveInOutbox, type Database, type Prepared } from '#libs/postgres';
import { claimEvents, recordOf, type Claimed, type RecordItem } from '#libs/recording';
import type { HoldMarks, RecordBytes } from '#libs/wire';
import type { CountHolding } from './count-holding-spends';

/**
 * Claims spends that name holds and settles those holds, in one transaction. What was settled counts as held until the
 * log has the event, so its record lies in the outbox from the same instant on: its sender may never send it again.
 */
export async function claimHoldingEvents(
  database: Database,
  items: readonly RecordItem[],
  places: HeldPlaces,
  count: CountHolding,
): Promise<Claimed> {
  const settledHolds: SettledBySpend[] = [];
  const freshOutcomes: HoldMarks[] = [];
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
      ...(await settleBySpends(client, fresh.map(holdingSpend), places, (settled) =>
        settledHolds.push(settled),
      )),
    );
    const outcomes = new Map([
      ...zip(fresh, freshOutcomes),
      ...zip(known, await readHoldOutcomes(client, known.map(holdingSpend))),
    ]);
    const settled = fresh.filter(
      ({ eventKey }) => outcomes.get(eventKey)?.holdOutcome === 'settled',
    );
    const inOutbox = await leaveInOutbox(
      client,
      settled.map((item) => ({
        ...item,
        record: recordOf(item, claims.get(item.eventKey)!, outcomes.get(item.eventKey)),
      })),
    );
    return { claims, outcomes, inOutbox, written: await recordsOfBefore(client, known, outcomes) };
  });
  count(
    freshOutcomes.map(({ holdOutcome }) => holdOutcome),
    settledHolds,
  );
  return claimed;
}

/**
 * What a spend has settled its hold with stands in its first record, whatever its usage would be priced at by now and
 * by whichever caller it is sent again. While that lies in the outbox it is what is appended again.
 */
function recordsOfBefore(
  client: Prepared,
  known: readonly RecordItem[],
  outcomes: ReadonlyMap<string, HoldMarks>,
): Promise<ReadonlyMap<string, RecordBytes>> {
  const settled = known.filter(({ eventKey }) => outcomes.get(eventKey)?.holdOutcome === 'settled');
  return findInOutbox(
    client,
    settled.map(({ eventKey }) => eventKey),
  );
}

function holdingSpend({ reported, caller }: RecordItem): HoldingSpend {
  const { spend, boundLabels } = reported;
  return { spend: { ...spend, holdId: spend.holdId! }, boundLabels, caller };
}

function zip(
  items: readonly RecordItem[],
  outcomes: readonly HoldMarks[],
): [eventKey: string, outcome: HoldMarks][] {
  return items.map(({ eventKey }, n) => [eventKey, outcomes[n]!]);
}
