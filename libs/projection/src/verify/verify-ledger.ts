import { sql } from 'kysely';
import { instantOf, type Instant } from '#libs/ledger';
import { atOneInstant, type Database, type LedgerFacts } from '#libs/postgres';
import { ACCOUNT_TABLES } from '../account-tables';
import { endWhenAborted } from '../end-when-aborted';
import { checkBalances } from './check-balances';
import { checkBuckets } from './check-buckets';
import { checkClaims, findMissingByClaims } from './check-claims';
import { checkContents } from './check-contents';
import { checkCorrections } from './check-corrections';
import { checkDoubles } from './check-doubles';
import { checkLog, checkStrays } from './check-log';
import { checkOrder } from './check-order';
import { checkPricedAmounts, checkPriceBooks } from './check-prices';
import { checkRevisions } from './check-revisions';
import { checkWindows } from './check-windows';
import { Findings } from './findings';
import type { LedgerDifference } from './ledger-difference';
import type { Snapshot } from './snapshot';

export interface Verification {
  readonly events: number;
  readonly accounts: number;
  /** Of the snapshot, by the database's clock. */
  readonly at: Instant;
  /** How many there are; the first ones of each check are in `differences`. */
  readonly found: number;
  readonly differences: readonly LedgerDifference[];
}

export interface VerifyOptions {
  /** How many differences of one check are kept. */
  readonly most: number;
  /** What is looked at now. */
  readonly tell?: (what: string) => void;
  /** Ends it, also in the middle of a statement: it rejects then. */
  readonly signal: AbortSignal;
}

/**
 * Recomputes what the projection says from its events, and holds these against what they were recorded as. All of it is
 * of one snapshot, so that what is written meanwhile makes no difference; nothing waits for it.
 * @param database lets statements take their time: they read every event
 */
export async function verifyLedger(
  database: Pick<Database, 'kysely'>,
  { currency, partitions, logId }: Pick<LedgerFacts, 'currency' | 'partitions' | 'logId'>,
  { most, tell = () => undefined, signal }: VerifyOptions,
): Promise<Verification> {
  const rules = { currency, partitions };
  const isLogHere = logId === null;
  const checks: readonly [string, (trx: Snapshot, findings: Findings) => Promise<void>][] = [
    ['balances', checkBalances],
    ['buckets', checkBuckets],
    ['windows', checkWindows],
    ['budget revisions', checkRevisions],
    ['corrections', checkCorrections],
    ['events that stand twice', checkDoubles],
    ['the contents of events', (trx, findings) => checkContents(trx, findings, rules)],
    ['versions of the prices', checkPriceBooks],
    ['priced amounts', (trx, findings) => checkPricedAmounts(trx, findings, rules)],
    ['claims', checkClaims],
    ['the order of events', checkOrder],
    ['events without a record', (trx, findings) => checkStrays(trx, findings, isLogHere)],
    [
      'records without an event',
      (trx, findings) =>
        isLogHere ? checkLog(trx, findings, rules) : findMissingByClaims(trx, findings),
    ],
  ];
  return atOneInstant(database, async (trx) => {
    // Sorts and joins of all events are larger than those of a check.
    await sql`set local work_mem = '64MB'`.execute(trx);
    return endWhenAborted(trx, { kysely: database.kysely, signal }, async () => {
      const findings = new Findings(most);
      for (const [what, check] of checks) {
        signal.throwIfAborted();
        tell(what);
        await check(trx, findings);
      }
      const { found, differences } = findings;
      return { ...(await count(trx)), found, differences };
    });
  });
}

async function count(trx: Snapshot): Promise<Pick<Verification, 'events' | 'accounts' | 'at'>> {
  const accounts = ACCOUNT_TABLES.map(
    ({ kind, ids }) => sql`
      select count(*) from (select distinct ${sql.join(ids.map((id) => sql.ref(id)))}
      from ${sql.table(`${kind}_balance`)}) of_kind`,
  );
  const { rows } = await sql<{ events: bigint; accounts: string; at: string }>`
    select transaction_timestamp() + (ledger_now() - clock_timestamp()) as at,
           (select count(*) from spend_event) as events,
           (select sum(count) from (${sql.join(accounts, sql` union all `)}) counted) as accounts`.execute(
    trx,
  );
  const { events, accounts: named, at } = rows[0]!;
  return { events: Number(events), accounts: Number(named), at: instantOf(at) };
}
