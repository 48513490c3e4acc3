import { sql } from 'kysely';
import type { OneInstant } from '#libs/postgres';
import type { Findings } from './findings';
import type { LedgerDifference } from './ledger-difference';

const FIELDS = ['amount', 'prices', 'scope', 'time', 'model', 'labels'] as const;

interface Row {
  readonly partition: number;
  readonly source: string;
  readonly id: string;
  readonly is_orphan: boolean;
  readonly stored: (string | null)[];
  readonly expected: (string | null)[];
  readonly found: bigint;
}

/** A correction books the difference to what its spend cost before it, with the scope, time, model and labels of that spend. */
export async function checkCorrections(trx: OneInstant, findings: Findings): Promise<void> {
  const scope = (side: string) => sql`
    concat_ws('/', ${sql.join(['scope_type', 'team_id', 'user_id', 'key_id'].map((name) => sql`coalesce(${sql.ref(`${side}.${name}`)}, '-')`))})`;
  const texts = (amount: unknown, prices: unknown, side: string) => sql`
    array[trim_scale(${amount})::text, (${prices})::text, ${scope(side)},
          ${sql.ref(`${side}.time`)}::text, ${sql.ref(`${side}.model`)}, ${sql.ref(`${side}.labels`)}::text]`;
  const { rows } = await sql<Row>`
    with chained as (
      select correction.*, spend.event_key is null as is_orphan,
             coalesce(lag(correction.stated) over in_turn, spend.amount) as before,
             ${texts(sql`correction.amount`, sql`correction.prices`, 'correction')} as is_stored,
             ${scope('spend')} as spend_scope, spend.time::text as spend_time, spend.model as spend_model,
             spend.labels::text as spend_labels
      from spend_event correction
      left join spend_event spend
        on spend.partition = correction.partition and spend.event_key = correction.adjusts_key
          and spend.adjusts_key is null and spend.log_offset < correction.log_offset
      where correction.adjusts_key is not null
      window in_turn as (partition by correction.partition, correction.adjusts_key order by correction.log_offset)
    )
    select *, count(*) over () as found from (
      select partition, source, event_id as id, is_orphan, is_stored as stored,
             array[trim_scale(stated - coalesce(before, 0))::text, (before is null)::text,
                   spend_scope, spend_time, spend_model, spend_labels] as expected
      from chained
    ) compared
    where is_orphan or stored is distinct from expected
    limit ${findings.most}`.execute(trx);
  findings.add(rows.flatMap(differencesOf), Number(rows[0]?.found ?? 0n));
}

function differencesOf({ partition, source, id, ...row }: Row): LedgerDifference[] {
  const about = { partition, source, id };
  if (row.is_orphan) {
    const stored = 'a correction without its spend';
    return [{ kind: 'orphan_correction', ...about, stored, expected: null }];
  }
  return FIELDS.map((field, at) => ({
    kind: 'wrong_correction' as const,
    ...about,
    field,
    stored: row.stored[at]!,
    expected: row.expected[at]!,
  })).filter(({ stored, expected }) => stored !== expected);
}
