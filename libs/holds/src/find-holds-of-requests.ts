import { holdIdsBetween, type Instant } from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';

/** A request that may have taken a hold. */
export interface RequestOfHold {
  readonly caller: string;
  readonly requestId: string;
  /** When it may have been taken, both ends included. */
  readonly from: Instant;
  readonly to: Instant;
}

export interface HoldOfRequest {
  readonly holdId: string;
  /** Its idempotency key. */
  readonly key: string;
}

/**
 * Ids of holds begin with the time: the primary key leads to those of a moment, so no write pays for an index of
 * requests.
 */
const FIND: PreparedStatement = {
  name: 'find-holds-of-requests',
  text: `
    select asked.n::int, hold.hold_id, hold.idempotency_key
    from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[])
      with ordinality as asked (caller, request_id, first_id, last_id, n)
    cross join unnest($5::int[]) as of (partition)
    join hold on hold.partition = of.partition
      and hold.hold_id between asked.first_id and asked.last_id
      and hold.request_id = asked.request_id and hold.caller = asked.caller
    where hold.state = 'active' and hold.idempotency_key is not null`,
};

/** Of each request, in their order, the holds of it that have not ended. */
export async function findHoldsOfRequests(
  client: Prepared,
  partitions: number,
  wanted: readonly RequestOfHold[],
): Promise<HoldOfRequest[][]> {
  const ids = wanted.map(({ from, to }) => holdIdsBetween(from, to));
  const rows = await client.prepared<readonly [number, string, string]>(FIND, [
    texts(wanted.map(({ caller }) => caller)),
    texts(wanted.map(({ requestId }) => requestId)),
    ids.map(([first]) => first),
    ids.map(([, last]) => last),
    Array.from({ length: partitions }, (_, partition) => partition),
  ]);
  const found: HoldOfRequest[][] = wanted.map(() => []);
  for (const [n, holdId, key] of rows) found[n - 1]!.push({ holdId, key });
  return found;
}
