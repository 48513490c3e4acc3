import { createLedger, Database, type DatabaseOptions, type LedgerFacts } from '#libs/postgres';
import { PostgresSpendLog } from './postgres/postgres-spend-log';
import type { ConsumptionOptions } from './postgres/postgres-consumption';
import type { SpendLog } from './spend-log';

/** What every process of a ledger works on. */
export interface OpenLedger {
  readonly database: Database;
  readonly log: SpendLog;
  readonly facts: LedgerFacts;
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly database: DatabaseOptions;
  readonly currency: string;
  /** As configured; `undefined` takes what the ledger has, or the default for a new one. */
  readonly partitions: number | undefined;
  readonly defaultPartitions: number;
  readonly reading: ConsumptionOptions;
}

/** Opens a ledger, creating it on an empty database. */
export async function openLedger(
  options: LedgerOptions,
): Promise<{ ok: true; ledger: OpenLedger } | { ok: false; sentence: string }> {
  const created = await createLedger(
    options.database,
    { currency: options.currency, partitions: options.partitions },
    { partitions: options.defaultPartitions },
  );
  if (!created.ok) return created;
  const database = new Database(options.database);
  const log = new PostgresSpendLog(database, options.reading);
  const close = async () => {
    await log.close();
    await database.close();
  };
  return { ok: true, ledger: { database, log, facts: created.facts, close } };
}
