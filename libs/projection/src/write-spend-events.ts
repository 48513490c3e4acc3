import { sql, type Transaction } from 'kysely';
import { formatInstant, formatMoney, type Spend } from '#libs/ledger';
import type { SpendEventTable, Tables } from '#libs/postgres';
import { eventKeyOf, type SpendRecorded } from '#libs/wire';
import type { Known } from './plan-batch';

/** An event counts once, however often the log has it: the first one stays. */
export async function writeSpendEvents(
  trx: Transaction<Tables>,
  partition: number,
  spends: readonly Known<SpendRecorded>[],
): Promise<void> {
  const rows = spends.map((event) => spendEventRow(partition, event));
  const column = (name: keyof SpendEventTable) => rows.map((row) => row[name]);
  const json = (name: 'metadata' | 'extensions') =>
    rows.map((row) => (row[name] === null ? null : JSON.stringify(row[name])));
  await sql`
    insert into spend_event (
      partition, log_offset, event_key, source, event_id, time, recorded_at, known_at, caller, content_hash,
      scope_type, key_id, user_id, team_id, amount, basis, request_id, hold_id, model, metadata, extensions)
    select ${partition}::int, given.*
    from unnest(
      ${column('log_offset')}::bigint[], ${column('event_key')}::uuid[], ${column('source')}::text[],
      ${column('event_id')}::text[], ${column('time')}::timestamptz[], ${column('recorded_at')}::timestamptz[],
      ${column('known_at')}::timestamptz[], ${column('caller')}::text[], ${column('content_hash')}::text[],
      ${column('scope_type')}::text[], ${column('key_id')}::text[], ${column('user_id')}::text[],
      ${column('team_id')}::text[], ${column('amount')}::numeric[], ${column('basis')}::text[],
      ${column('request_id')}::text[], ${column('hold_id')}::text[], ${column('model')}::text[],
      ${json('metadata')}::jsonb[], ${json('extensions')}::jsonb[]
    ) as given (log_offset, event_key, source, event_id, time, recorded_at, known_at, caller, content_hash,
      scope_type, key_id, user_id, team_id, amount, basis, request_id, hold_id, model, metadata, extensions)
    order by given.event_key, given.log_offset
    on conflict (partition, event_key) do nothing`.execute(trx);
}

function spendEventRow(partition: number, event: Known<SpendRecorded>): SpendEventTable {
  const { spend } = event;
  return {
    partition,
    log_offset: event.offset,
    event_key: eventKeyOf(spend),
    source: spend.source,
    event_id: spend.id,
    time: formatInstant(spend.time),
    recorded_at: formatInstant(event.recordedAt),
    known_at: formatInstant(event.knownAt),
    caller: event.caller,
    content_hash: event.contentHash,
    ...scopeColumns(spend.scope),
    amount: spend.amountPico === undefined ? null : formatMoney(spend.amountPico),
    basis: spend.basis,
    request_id: spend.requestId ?? null,
    hold_id: spend.holdId ?? null,
    model: spend.model ?? null,
    metadata: spend.metadata ?? null,
    extensions: event.extensions,
  };
}

function scopeColumns(
  scope: Spend['scope'],
): Pick<SpendEventTable, 'scope_type' | 'key_id' | 'user_id' | 'team_id'> {
  const key_id = scope.keyId ?? null;
  switch (scope.type) {
    case 'key':
      return { scope_type: 'key', key_id, user_id: null, team_id: null };
    case 'user':
      return { scope_type: 'user', key_id, user_id: scope.userId, team_id: null };
    case 'team':
      return { scope_type: 'team', key_id, user_id: scope.userId ?? null, team_id: scope.teamId };
  }
}
