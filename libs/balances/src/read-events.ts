import { sql } from 'kysely';
import { parseStoredJson } from '#libs/json';
import { formatInstant, instantOf } from '#libs/ledger';
import type { Database, SpendEventTable } from '#libs/postgres';
import { EVENT_TYPES } from '#libs/wire';

/** A spend on record, as the projection has it. */
export interface RecordedSpend {
  readonly eventKey: string;
  readonly partition: number;
  readonly nextOffset: bigint;
  /** As callers see it: a CloudEvent with `recordedat` and `position`. */
  readonly document: Record<string, unknown>;
}

/** Finds spends by their partitions and keys; those that the projection does not have are left out. */
export async function readRecordedSpends(
  database: Database,
  wanted: readonly { readonly partition: number; readonly eventKey: string }[],
): Promise<ReadonlyMap<string, RecordedSpend>> {
  if (wanted.length === 0) return new Map();
  const rows = await database.kysely
    .selectFrom('spend_event')
    .selectAll()
    .select([
      sql<string | null>`metadata::text`.as('metadata_text'),
      sql<string>`(select currency from ledger)`.as('currency'),
    ])
    .where('partition', 'in', [...new Set(wanted.map(({ partition }) => partition))])
    .where(
      'event_key',
      'in',
      wanted.map(({ eventKey }) => eventKey),
    )
    .execute();
  return new Map(rows.map((row) => [row.event_key, recordedSpend(row)]));
}

type SpendRow = SpendEventTable & {
  readonly metadata_text: string | null;
  readonly currency: string;
};

function recordedSpend(row: SpendRow): RecordedSpend {
  const nextOffset = row.log_offset + 1n;
  return {
    eventKey: row.event_key,
    partition: row.partition,
    nextOffset,
    document: {
      specversion: '1.0',
      id: row.event_id,
      source: row.source,
      type: EVENT_TYPES.spendRecorded,
      time: formatInstant(instantOf(row.time)),
      datacontenttype: 'application/json',
      ...row.extensions,
      recordedat: formatInstant(instantOf(row.recorded_at)),
      position: `${row.partition}:${nextOffset}`,
      data: dataOf(row),
    },
  };
}

function dataOf(row: SpendRow): Record<string, unknown> {
  const members = {
    scope: present({
      type: row.scope_type,
      teamId: row.team_id,
      userId: row.user_id,
      keyId: row.key_id,
    }),
    amount: row.amount,
    currency: row.currency,
    basis: row.basis,
    requestId: row.request_id,
    holdId: row.hold_id,
    model: row.model,
    metadata: row.metadata_text === null ? null : parseStoredJson(row.metadata_text),
  };
  return present(members);
}

function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}
