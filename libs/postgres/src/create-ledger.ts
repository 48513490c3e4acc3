import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { Database, type DatabaseOptions } from './database';
import { migrations } from './migrations';
import { unreachable } from './unreachable';

/** Any number, the same in every process of a ledger. */
const CREATION_LOCK = 7_305_112_026n;
const CREATION_TIMEOUT_MS = 120_000;

export interface LedgerFacts {
  readonly currency: string;
  readonly partitions: number;
}

/**
 * Brings the database's tables up to date and creates the ledger if there is none, one process at a time.
 * `partitions` is fixed then, and so is the currency.
 * @returns what the ledger is, or a sentence saying why this process does not fit it
 */
export async function createLedger(
  options: DatabaseOptions,
  wanted: { readonly currency: string; readonly partitions: number | undefined },
  defaults: { readonly partitions: number },
): Promise<{ ok: true; facts: LedgerFacts } | { ok: false; sentence: string }> {
  const obstacle = await unreachable(options);
  if (obstacle !== undefined) return { ok: false, sentence: obstacle };
  const database = new Database({ ...options, maxConnections: 2, timeoutMs: CREATION_TIMEOUT_MS });
  try {
    return await database.kysely.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${CREATION_LOCK})`.execute(connection);
      try {
        await migrate(database);
        const partitions = wanted.partitions ?? defaults.partitions;
        const facts = await insertOrRead(database, { currency: wanted.currency, partitions });
        const sentence = misfit(facts, wanted);
        return sentence === undefined ? { ok: true, facts } : { ok: false, sentence };
      } finally {
        await sql`select pg_advisory_unlock(${CREATION_LOCK})`.execute(connection);
      }
    });
  } finally {
    await database.close();
  }
}

async function migrate(database: Database): Promise<void> {
  const migrator = new Migrator({ db: database.kysely, provider: migrations });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error });
}

async function insertOrRead(database: Database, facts: LedgerFacts): Promise<LedgerFacts> {
  return database.kysely.transaction().execute(async (trx) => {
    await trx
      .insertInto('ledger')
      .values(facts)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const stored = await trx
      .selectFrom('ledger')
      .select(['currency', 'partitions'])
      .executeTakeFirstOrThrow();
    for (const table of ['projection_partition', 'log_partition', 'log_lease']) {
      await sql`
        insert into ${sql.table(table)} (partition) select generate_series(0, ${stored.partitions}::int - 1)
        on conflict do nothing`.execute(trx);
    }
    return stored;
  });
}

function misfit(
  facts: LedgerFacts,
  wanted: { readonly currency: string; readonly partitions: number | undefined },
): string | undefined {
  if (facts.currency !== wanted.currency) {
    return `LEDGER_CURRENCY is ${wanted.currency}, but this ledger was created in ${facts.currency}, and a ledger has one currency for ever.`;
  }
  if (wanted.partitions !== undefined && facts.partitions !== wanted.partitions) {
    return `PARTITIONS is ${wanted.partitions}, but this ledger was created with ${facts.partitions}, and the number is fixed for ever.`;
  }
  return undefined;
}
