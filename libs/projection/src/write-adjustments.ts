import { formatInstant, formatMoney, instantOf, picoOfDecimal, type Scope } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { eventKeyOf, storedLabels, storedScope, type SpendAdjusted } from '#libs/wire';
import type { BalanceChange } from './balance-change';
import type { Known } from './plan-batch';

type Event = Known<SpendAdjusted>;

/**
 * A correction *sets* what its spend costs; booked is the difference to what it cost until then, in the spend's own
 * scope and time. Several of one spend follow on each other in the order of the log.
 */
const BOOK: PreparedStatement = {
  name: 'book-adjustments',
  text: `
    with given as (
      select * from unnest(
        $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::numeric[], $9::text[],
        $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::text[], $15::jsonb[])
        as given (log_offset, event_key, source, event_id, adjusts_key, adjustment, stated, reason,
          adjusted_at, recorded_at, known_at, caller, content_hash, extensions)
    ), placed as (
      select given.*, spend.time, spend.scope_type, spend.key_id, spend.user_id, spend.team_id, spend.model, spend.labels,
             spend.amount as recorded, spend.log_offset is null as is_orphan,
             exists (
               select from spend_event known
               where known.partition = $1 and known.event_key = given.event_key) as is_known
      from given left join lateral (
        select * from spend_event spend
        where spend.partition = $1 and spend.event_key = given.adjusts_key and spend.adjusts_key is null
          and spend.log_offset < given.log_offset
        limit 1
      ) spend on true
    ), booked as (
      select placed.*,
             coalesce(lag(placed.stated) over in_turn, last.stated, placed.recorded) as before
      from placed left join lateral (
        select stated from spend_event last
        where last.partition = $1 and last.adjusts_key = placed.adjusts_key
        order by log_offset desc limit 1
      ) last on true
      where not is_orphan and not is_known
      window in_turn as (partition by placed.adjusts_key order by placed.log_offset)
    ), added as (
      insert into spend_event (
        partition, log_offset, event_key, source, event_id, time, recorded_at, known_at, caller, content_hash,
        scope_type, key_id, user_id, team_id, amount, basis, model, labels, extensions,
        adjusts_key, adjustment, stated, reason, adjusted_at, prices)
      select $1::int, log_offset, event_key, source, event_id, time, recorded_at, known_at, caller, content_hash,
             scope_type, key_id, user_id, team_id, stated - coalesce(before, 0), 'exact', model, labels, extensions,
             adjusts_key, adjustment, stated, reason, adjusted_at, before is null
      from booked order by event_key
      returning log_offset, time, scope_type, key_id, user_id, team_id, labels, amount
    )
    select log_offset, added.time, added.scope_type, added.key_id, added.user_id, added.team_id, added.labels,
           added.amount
    from added
    union all
    select log_offset, null, null, null, null, null, null, null from placed where is_orphan`,
};

type Row = readonly [
  offset: bigint,
  time: string | null,
  type: Scope['type'] | null,
  keyId: string | null,
  userId: string | null,
  teamId: string | null,
  labels: Readonly<Record<string, string>> | null,
  amount: string | null,
];

/**
 * @returns what was booked, and the offsets of those whose spend is not before them in the partition: they correct
 *   nothing, in this replay and in every other
 */
export async function writeAdjustments(
  client: Prepared,
  partition: number,
  given: readonly Event[],
): Promise<{ readonly entries: readonly BalanceChange[]; readonly orphans: ReadonlySet<bigint> }> {
  const all = oncePerEvent(given);
  const rows = await client.prepared<Row>(BOOK, [
    partition,
    all.map(({ event }) => event.offset),
    all.map(({ key }) => key),
    ...[
      (event: Event) => event.adjustment.source,
      (event: Event) => event.adjustment.id,
      (event: Event) => eventKeyOf(event.adjustment.adjusts),
      (event: Event) => event.adjustment.kind,
      (event: Event) => formatMoney(event.adjustment.amountPico ?? 0n),
      (event: Event) => event.adjustment.reason,
      (event: Event) => formatInstant(event.adjustment.time),
      (event: Event) => formatInstant(event.recordedAt),
      (event: Event) => formatInstant(event.knownAt),
      (event: Event) => event.caller,
      (event: Event) => event.contentHash,
      (event: Event) => JSON.stringify(event.extensions),
    ].map((of) => all.map(({ event }) => of(event))),
  ]);
  return {
    entries: rows.flatMap((row) => entryOf(row) ?? []),
    orphans: new Set(rows.flatMap(([offset, time]) => (time === null ? offset : []))),
  };
}

/** The log may have an event twice; the first one stays. */
function oncePerEvent(given: readonly Event[]): { readonly key: string; readonly event: Event }[] {
  const all = new Map<string, Event>();
  for (const event of given) {
    const key = eventKeyOf(event.adjustment);
    if (!all.has(key)) all.set(key, event);
  }
  return [...all].map(([key, event]) => ({ key, event }));
}

function entryOf([, time, type, keyId, userId, teamId, labels, amount]: Row):
  BalanceChange | undefined {
  if (time === null || type === null || amount === null) return undefined;
  const scope = storedScope({ scope_type: type, team_id: teamId, user_id: userId, key_id: keyId });
  return {
    scope,
    ...(labels !== null && { labels: storedLabels(labels) }),
    time: instantOf(time),
    amountPico: picoOfDecimal(amount),
  };
}
