import { formatMoney, printLabels, type Labels } from '#libs/ledger';
import {
  bigints,
  instants,
  jsons,
  texts,
  type ColumnArray,
  type Prepared,
  type PreparedStatement,
  type SpendEventTable,
} from '#libs/postgres';
import { allLabels, eventKeyOf, type SpendRecorded } from '#libs/wire';
import type { Known } from './plan-batch';

type Event = Known<SpendRecorded>;

interface Column {
  readonly name: Exclude<keyof SpendEventTable, 'partition'>;
  /** Of the array's elements. */
  readonly type: 'bigint' | 'text' | 'timestamptz' | 'jsonb';
  /** What the table has instead. */
  readonly cast?: 'uuid' | 'numeric' | 'boolean';
  readonly of: (events: readonly Event[]) => ColumnArray;
}

const COLUMNS: readonly Column[] = [
  { name: 'log_offset', type: 'bigint', of: (all) => bigints(all.map(({ offset }) => offset)) },
  { ...text('event_key', ({ spend }) => eventKeyOf(spend)), cast: 'uuid' },
  text('source', ({ spend }) => spend.source),
  text('event_id', ({ spend }) => spend.id),
  instant('time', ({ spend }) => spend.time),
  instant('recorded_at', ({ recordedAt }) => recordedAt),
  instant('known_at', ({ knownAt }) => knownAt),
  text('caller', ({ caller }) => caller),
  text('content_hash', ({ contentHash }) => contentHash),
  text('scope_type', ({ spend }) => spend.scope.type),
  text('key_id', ({ spend: { scope } }) => scope.keyId),
  text('user_id', ({ spend: { scope } }) => (scope.type === 'key' ? null : scope.userId)),
  text('team_id', ({ spend: { scope } }) => (scope.type === 'team' ? scope.teamId : null)),
  { ...text('amount', ({ spend }) => amountOf(spend)), cast: 'numeric' },
  text('basis', ({ spend }) => spend.basis),
  text('request_id', ({ spend }) => spend.requestId),
  text('hold_id', ({ spend }) => spend.holdId),
  text('hold_outcome', ({ holdOutcome }) => holdOutcome),
  {
    ...text('hold_pools', ({ holdPools }) => (holdPools === true ? 'true' : null)),
    cast: 'boolean',
  },
  text('model', ({ spend }) => spend.model),
  json('labels', ({ spend, ledgerLabels }) => labelsColumn(allLabels(spend.labels, ledgerLabels))),
  json('ledger_labels', ({ ledgerLabels }) => labelsColumn(ledgerLabels)),
  json('usage', ({ spend }) => spend.usage),
  text('priced_by', ({ spend }) => spend.pricedBy),
  json('metadata', ({ spend }) => spend.metadata),
  json('extensions', ({ extensions }) => extensions),
];
const NAMES = COLUMNS.map(({ name }) => name).join(', ');

/** An event counts once, however often the log has it: the first one stays. */
const INSERT: PreparedStatement = {
  name: 'write-spend-events',
  text: `
    insert into spend_event (partition, ${NAMES})
    select $1::int, ${COLUMNS.map(({ name, cast }) => (cast ? `${name}::${cast}` : name)).join(', ')}
    from unnest(${COLUMNS.map(({ type }, index) => `$${index + 2}::${type}[]`).join(', ')})
      as given (${NAMES})
    order by event_key::uuid, log_offset
    on conflict (partition, event_key) do nothing
    returning log_offset`,
};

/** @returns those that were not on record yet */
export async function writeSpendEvents(
  client: Prepared,
  partition: number,
  spends: readonly Event[],
): Promise<readonly Event[]> {
  const rows = await client.prepared<readonly [bigint]>(INSERT, [
    partition,
    ...COLUMNS.map((column) => column.of(spends)),
  ]);
  if (rows.length === spends.length) return spends;
  const added = new Set(rows.map(([offset]) => offset));
  return spends.filter(({ offset }) => added.has(offset));
}

function text(name: Column['name'], of: (event: Event) => string | null | undefined): Column {
  return { name, type: 'text', of: (events) => texts(events.map((event) => of(event) ?? null)) };
}

function instant(name: Column['name'], of: (event: Event) => bigint): Column {
  return { name, type: 'timestamptz', of: (events) => instants(events.map(of)) };
}

function json(name: Column['name'], of: (event: Event) => object | undefined): Column {
  const textOf = (value: object | undefined) => (value ? JSON.stringify(value) : null);
  return { name, type: 'jsonb', of: (events) => jsons(events.map((event) => textOf(of(event)))) };
}

function labelsColumn(labels: Labels | undefined): object | undefined {
  return labels && printLabels(labels);
}

function amountOf({ amountPico }: Event['spend']): string | null {
  return amountPico === undefined ? null : formatMoney(amountPico);
}
