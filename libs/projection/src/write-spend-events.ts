import { formatInstant, formatMoney, type Spend } from '#libs/ledger';
import type { Prepared, PreparedStatement, SpendEventTable } from '#libs/postgres';
import { eventKeyOf, type SpendRecorded } from '#libs/wire';
import type { Known } from './plan-batch';

const COLUMNS = {
  log_offset: 'bigint',
  event_key: 'uuid',
  source: 'text',
  event_id: 'text',
  time: 'timestamptz',
  recorded_at: 'timestamptz',
  known_at: 'timestamptz',
  caller: 'text',
  content_hash: 'text',
  scope_type: 'text',
  key_id: 'text',
  user_id: 'text',
  team_id: 'text',
  amount: 'numeric',
  basis: 'text',
  request_id: 'text',
  hold_id: 'text',
  model: 'text',
  metadata: 'jsonb',
  extensions: 'jsonb',
} as const;
type SpendRow = Record<keyof typeof COLUMNS, bigint | string | null>;
const NAMES = Object.keys(COLUMNS) as (keyof SpendRow)[];

/** An event counts once, however often the log has it: the first one stays. */
const INSERT: PreparedStatement = {
  name: 'write-spend-events',
  text: `
    insert into spend_event (partition, ${NAMES.join(', ')})
    select $1::int, given.*
    from unnest(${NAMES.map((name, index) => `$${index + 2}::${COLUMNS[name]}[]`).join(', ')})
      as given (${NAMES.join(', ')})
    order by given.event_key, given.log_offset
    on conflict (partition, event_key) do nothing`,
};

export async function writeSpendEvents(
  client: Prepared,
  partition: number,
  spends: readonly Known<SpendRecorded>[],
): Promise<void> {
  const rows = spends.map((event) => spendEventRow(event));
  const column = (name: keyof SpendRow) => rows.map((row) => row[name]);
  await client.prepared(INSERT, [partition, ...NAMES.map(column)]);
}

function spendEventRow(event: Known<SpendRecorded>): SpendRow {
  const { spend } = event;
  return {
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
    metadata: spend.metadata ? JSON.stringify(spend.metadata) : null,
    extensions: JSON.stringify(event.extensions),
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
