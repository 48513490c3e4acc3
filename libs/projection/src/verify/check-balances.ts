import { sql } from 'kysely';
import type { OneInstant } from '#libs/postgres';
import { ACCOUNT_TABLES, type AccountTables } from '../account-tables';
import { accountOf, columnsOf, type AccountRow } from './account-row';
import type { Findings } from './findings';
import type { DifferenceKind, LedgerDifference } from './ledger-difference';

const FIELDS: readonly DifferenceKind[] = [
  'wrong_spent',
  'wrong_flipped',
  'wrong_unpriced',
  'wrong_last_offset',
  'wrong_latest_time',
];

type Row = AccountRow & {
  readonly stored: (string | null)[];
  readonly expected: (string | null)[];
  readonly found: bigint;
};

/** Every balance is what its account's events come to. */
export async function checkBalances(trx: OneInstant, findings: Findings): Promise<void> {
  for (const tables of ACCOUNT_TABLES) {
    const { rows } = await readWrong(trx, tables, findings.most);
    const differences = rows.flatMap((row) => differencesOf(tables.kind, row));
    findings.add(differences, Math.max(Number(rows[0]?.found ?? 0n), differences.length));
  }
}

function readWrong(trx: OneInstant, { kind, ids, fed, flips }: AccountTables, most: number) {
  const account = columnsOf(ids);
  const texts = (side: string) => sql`
    array[trim_scale(${sql.ref(`${side}.spent`)})::text, trim_scale(${sql.ref(`${side}.flipped`)})::text,
          ${sql.ref(`${side}.unpriced`)}::text, ${sql.ref(`${side}.last_offset`)}::text,
          ${sql.ref(`${side}.latest_time`)}::text]`;
  return sql<Row>`
    select ${account}, ${texts('balance')} as stored, ${texts('summed')} as expected, count(*) over () as found
    from ${sql.table(`${kind}_balance`)} balance
    full join (
      select ${account}, coalesce(sum(amount), 0) as spent,
             coalesce(sum(amount) filter (where ${sql.raw(flips)}), 0) as flipped,
             count(*) - count(amount) - count(*) filter (where prices) as unpriced,
             max(log_offset) as last_offset, max(time) as latest_time
      from ${sql.raw(fed('spend_event'))} group by ${account}
    ) summed using (${account})
    where (balance.spent, balance.flipped, balance.unpriced, balance.last_offset, balance.latest_time)
      is distinct from
        (summed.spent, summed.flipped, summed.unpriced, summed.last_offset, summed.latest_time)
    limit ${most}`.execute(trx);
}

function differencesOf(kind: AccountTables['kind'], row: Row): LedgerDifference[] {
  const { stored, expected } = row;
  const about = accountOf(kind, row);
  if (stored[0] === null) {
    return [{ kind: 'missing_balance', ...about, stored: null, expected: expected[0]! }];
  }
  if (expected[0] === null) {
    return [{ kind: 'stray_balance', ...about, stored: stored[0]!, expected: null }];
  }
  return FIELDS.map((field, at) => ({
    kind: field,
    ...about,
    stored: stored[at]!,
    expected: expected[at]!,
  })).filter((each) => each.stored !== each.expected);
}
