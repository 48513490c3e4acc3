import { sql } from 'kysely';
import { instantOf, type Instant } from '#libs/ledger';
import {
  atOneInstant,
  readTogether,
  type Database,
  type LedgerFacts,
  type OneInstant,
} from '#libs/postgres';
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
  /** How many checks are made at once, each through a connection of its own, by one core of the server. */
  readonly atOnce: number;
  /** What is looked at now. */
  readonly tell?: (what: string) => void;
  /** Ends it, also in the middle of a statement: it rejects then. */
  readonly signal: AbortSignal;
}

const RECORDS = 'records without an event';

type Check = readonly [what: string, (trx: OneInstant, findings: Findings) => Promise<void>];

/**
 * Recomputes what the projection says from its events, and holds these against what they were recorded as. All of it is
 * of one snapshot, so that what is written meanwhile makes no difference; nothing waits for it.
 * @param database lets statements take their time: they read every event
 */
export async function verifyLedger(
  database: Pick<Database, 'kysely'>,
  { currency, partitions, logId }: Pick<LedgerFacts, 'currency' | 'partitions' | 'logId'>,
  { most, atOnce, tell = () => undefined, signal }: VerifyOptions,
): Promise<Verification> {
  const rules = { currency, partitions };
  const isLogHere = logId === null;
  const checks: readonly Check[] = [
    // First, for it takes longest, most of that in this process: the others are made beside it.
    ['the contents of events', (trx, findings) => checkContents(trx, findings, rules)],
    ['balances', checkBalances],
    ['buckets', checkBuckets],
    ['windows', checkWindows],
    ['budget revisions', checkRevisions],
    ['corrections', checkCorrections],
    ['events that stand twice', checkDoubles],
    ['versions of the prices', checkPriceBooks],
    ['priced amounts', (trx, findings) => checkPricedAmounts(trx, findings, rules)],
    ['claims', checkClaims],
    ['the order of events', checkOrder],
    ['events without a record', (trx, findings) => checkStrays(trx, findings, isLogHere)],
    ...(isLogHere ? [[RECORDS, (trx, findings) => checkLog(trx, findings, rules)] as Check] : []),
  ];
  const all = checks.map(([what, check]) => ({ what, check, findings: new Findings(most) }));
  const left = [...all];
  const unlessStopped = <T>(trx: OneInstant, work: () => Promise<T>) =>
    endWhenAborted(trx, { kysely: database.kysely, signal }, work);
  /** Makes one check after the other until none is left, or one fails. */
  const workThrough = (trx: OneInstant) =>
    unlessStopped(trx, async () => {
      // Sorts and joins of all events are larger than those of a check.
      await sql`set local work_mem = '64MB'`.execute(trx);
      // As many cores as checks: the server's own workers, which would divide one, take more of them in all.
      await sql`set local max_parallel_workers_per_gather = 0`.execute(trx);
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        signal.throwIfAborted();
        tell(next.what);
        await next.check(trx, next.findings);
      }
    }).catch((error: unknown) => {
      left.length = 0;
      throw error;
    });
  return atOneInstant(database, async (trx) => {
    await readTogether(database, trx, atOnce, workThrough);
    const findings = Findings.of(all.map((each) => each.findings));
    return unlessStopped(trx, async () => {
      if (!isLogHere) {
        tell(RECORDS);
        await findMissingByClaims(trx, findings);
      }
      const { found, differences } = findings;
      return { ...(await count(trx)), found, differences };
    });
  });
}

async function count(trx: OneInstant): Promise<Pick<Verification, 'events' | 'accounts' | 'at'>> {
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
