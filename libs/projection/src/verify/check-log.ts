import { sql } from 'kysely';
import { formatMoney, type EventId } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { budgetRevisionId, eventKeyOf, priceBookId, type LogRecord } from '#libs/wire';
import { planBatch, type Plan, type PlanRules } from '../plan-batch';
import type { Findings } from './findings';
import type { LedgerDifference } from './ledger-difference';
import { rowsByCursor } from './rows-by-cursor';

/**
 * Records that were read and of which nothing stands at their offset. Of duplicates and marks nothing does. What stands
 * there is first compared by offsets alone: two indexes are read side by side, and no row.
 */
const WITHOUT_ROW = sql`
  with without_event as materialized (
    select partition, log_offset from log_record record
    where not exists (
      select from spend_event event
      where event.partition = record.partition and event.log_offset = record.log_offset)
  ), without_row as materialized (
    select partition, log_offset from without_event
    except (
      select partition, log_offset from quarantine
      union all
      select partition, log_offset from budget_revision
      union all
      select partition, log_offset from price_book)
  )
  select record.partition, record.log_offset as offset, record.headers, record.value
  from without_row
  join log_record record using (partition, log_offset)
  join projection_partition fence using (partition)
  where record.log_offset < fence.next_offset`;

/** Where the log is in this database: everything that it has is there, and nothing else. */
export async function checkLog(
  trx: OneInstant,
  findings: Findings,
  rules: PlanRules,
): Promise<void> {
  const missing: Missing[] = [];
  for await (const records of rowsByCursor<LogRecord>(trx, WITHOUT_ROW)) {
    for (const record of records) {
      missing.push(...missingOf(planBatch([record], undefined, rules), record));
    }
  }
  const unknown: LedgerDifference[] = [];
  for (let at = 0; at < missing.length; at += AT_ONCE) {
    unknown.push(...(await thoseNotOnRecord(trx, missing.slice(at, at + AT_ONCE))));
  }
  findings.add(unknown);
}

const AT_ONCE = 5000;

/** No event comes from where nothing was read. */
export async function checkStrays(
  trx: OneInstant,
  findings: Findings,
  isLogHere: boolean,
): Promise<void> {
  const withoutRecord = sql`
    union all
    select partition, log_offset from spend_event event
    where not exists (
      select from log_record record
      where record.partition = event.partition and record.log_offset = event.log_offset)`;
  const { rows } = await sql<{
    partition: number;
    source: string;
    id: string;
    log_offset: bigint;
  }>`
    with stray as materialized (
      select partition, log_offset from spend_event join projection_partition fence using (partition)
      where log_offset < 0 or log_offset >= fence.next_offset
      ${isLogHere ? withoutRecord : sql``}
    )
    select partition, source, event_id as id, log_offset from spend_event
    where (partition, log_offset) in (select partition, log_offset from stray)
    limit ${findings.most}`.execute(trx);
  findings.add(
    rows.map(({ partition, source, id, log_offset }) => ({
      kind: 'stray_event',
      partition,
      source,
      id,
      offset: String(log_offset),
      stored: 'an event',
      expected: null,
    })),
  );
}

interface Missing {
  readonly difference: LedgerDifference;
  /** `undefined`: nothing that could be there under another offset. */
  readonly key: string | undefined;
  readonly table: 'spend_event' | 'budget_revision' | 'price_book';
}

function missingOf(plan: Plan, { partition, offset }: LogRecord): Missing[] {
  const missing = (
    { source, id }: EventId,
    expected: string,
    table: Missing['table'] = 'spend_event',
  ): Missing => ({
    key: eventKeyOf({ source, id }),
    table,
    difference: {
      kind: 'missing_event',
      partition,
      source,
      id,
      offset: String(offset),
      stored: null,
      expected,
    },
  });
  return [
    ...plan.spends.map(({ spend }) =>
      missing(
        spend,
        spend.amountPico === undefined
          ? 'a spend of unknown cost'
          : `a spend of ${formatMoney(spend.amountPico)}`,
      ),
    ),
    ...plan.adjustments.map(({ adjustment }) => missing(adjustment, 'a correction')),
    ...plan.budgetChanges.map((change) => {
      const id = change.kind === 'budget_set' ? change.budget.budgetId : change.budgetId;
      return missing(
        budgetRevisionId(id, change.revision),
        'a revision of a budget',
        'budget_revision',
      );
    }),
    ...plan.prices.map(({ book }) =>
      missing(priceBookId(book.version), 'a version of the prices', 'price_book'),
    ),
    ...plan.quarantined.map(({ reason }): Missing => ({
      key: undefined,
      table: 'spend_event',
      difference: {
        kind: 'missing_quarantine',
        partition,
        offset: String(offset),
        stored: null,
        expected: reason,
      },
    })),
  ];
}

/** The log may have an event twice: then it is there, under the offset of the first. */
async function thoseNotOnRecord(
  trx: OneInstant,
  missing: readonly Missing[],
): Promise<LedgerDifference[]> {
  const idsOf = (table: Missing['table']) =>
    missing.flatMap((each) => (each.table === table ? [each.difference.id!] : []));
  const events = missing.filter(({ table, key }) => table === 'spend_event' && key !== undefined);
  const { rows: known } = await sql<{ key: string }>`
    select event_key as key from spend_event
    where (partition, event_key) in (
      select * from unnest(
        ${events.map(({ difference }) => difference.partition)}::int[],
        ${events.map(({ key }) => key)}::uuid[]))`.execute(trx);
  const { rows: named } = await sql<{ key: string }>`
    select 'budget_revision ' || budget_id || '/' || revision as key from budget_revision
    where budget_id || '/' || revision = any(${idsOf('budget_revision')}::text[])
    union all
    select 'price_book ' || version from price_book
    where version = any(${idsOf('price_book')}::text[])`.execute(trx);
  const keys = new Set([...known, ...named].map(({ key }) => key));
  const keyOf = ({ table, key, difference }: Missing) =>
    table === 'spend_event' ? key : `${table} ${difference.id!}`;
  return missing
    .filter((each) => {
      const key = keyOf(each);
      return key === undefined || !keys.has(key);
    })
    .map(({ difference }) => difference);
}
