import { sql } from 'kysely';
import { Database, type DatabaseOptions } from './database';
import { migrate, noLedgerYet } from './migrate';
import { compareTimeZoneData } from './time-zone-data';
import { unreachable } from './unreachable';

/** Any number, the same in every process of a ledger. */
const CREATION_LOCK = 7_305_112_026n;
const CREATION_TIMEOUT_MS = 120_000;

/** What a ledger is, for ever. */
export interface LedgerFacts {
  readonly id: string;
  readonly currency: string;
  readonly partitions: number;
  /** Names its log; null: the log is in this database. */
  readonly logId: string | null;
}

/** The ledger, and what its operators should know; or a sentence saying why this process does not fit it. */
export type CreatedLedger =
  | { readonly ok: true; readonly facts: LedgerFacts; readonly warning?: string }
  | { readonly ok: false; readonly sentence: string };

/** A log that fits a ledger, or a sentence saying why there is none. */
export type FoundLog =
  | {
      readonly ok: true;
      readonly logId: string | null;
      /** What a log holds that is older than its ledger. */
      readonly endOffsets: ReadonlyMap<number, bigint>;
    }
  | { readonly ok: false; readonly sentence: string };

/** Finds the log of a ledger, or makes one where `logId` is `undefined`: the ledger is being created. */
export type FindLog = (
  partitions: number,
  logId: string | null | undefined,
) => Promise<FoundLog> | FoundLog;

/**
 * Brings the database's tables up to date and creates the ledger if there is none, one process at a time; a user who
 * may do neither finds both done. `partitions` is fixed then, and so are the currency and the log.
 * @returns what the ledger is, or a sentence saying why this process does not fit it
 */
export async function createLedger(
  options: DatabaseOptions,
  wanted: {
    readonly currency: string;
    readonly partitions: number | undefined;
    /** Of this process, unless given. */
    readonly timeZoneData?: string;
  },
  defaults: { readonly partitions: number },
  findLog: FindLog,
): Promise<CreatedLedger> {
  const obstacle = await unreachable(options);
  if (obstacle !== undefined) return { ok: false, sentence: obstacle };
  const database = new Database({ ...options, maxConnections: 2, timeoutMs: CREATION_TIMEOUT_MS });
  try {
    const made = await oneAtATime(database, async () => {
      const migrated = await migrate(database);
      if (!migrated.ok) return migrated;
      const stored = await readFacts(database);
      if (!stored && !migrated.isOwner) return noLedgerYet();
      const created = stored ? undefined : await create(database, wanted, defaults, findLog);
      if (created?.ok === false) return created;
      const { timeZoneData } = wanted;
      const zones = { isOwner: migrated.isOwner, timeZoneData };
      return { stored, created, warning: await compareTimeZoneData(database, zones) };
    });
    if ('ok' in made) return made;
    const { stored, created, warning } = made;
    if (!stored) return created!;
    const sentence = misfit(stored, wanted);
    if (sentence !== undefined) return { ok: false, sentence };
    // Looked for by each process alone: one that looks in vain must not keep others from starting.
    const before = await readProgress(database);
    const log = await findLog(stored.partitions, stored.logId);
    if (!log.ok) return log;
    const loss = lostEnd(before, log.endOffsets);
    if (loss !== undefined) return { ok: false, sentence: loss };
    return { ok: true, facts: stored, ...(warning !== undefined && { warning }) };
  } finally {
    await database.close();
  }
}

/** Among all processes of a ledger. */
async function oneAtATime<T>(database: Database, work: () => Promise<T>): Promise<T> {
  return database.kysely.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${CREATION_LOCK})`.execute(connection);
    try {
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${CREATION_LOCK})`.execute(connection);
    }
  });
}

async function create(
  database: Database,
  {
    currency,
    partitions: fixed,
  }: { readonly currency: string; readonly partitions: number | undefined },
  defaults: { readonly partitions: number },
  findLog: FindLog,
): Promise<{ ok: true; facts: LedgerFacts } | { ok: false; sentence: string }> {
  const partitions = fixed ?? defaults.partitions;
  const log = await findLog(partitions, undefined);
  if (!log.ok) return log;
  return { ok: true, facts: await insertLedger(database, currency, partitions, log) };
}

async function readFacts({ kysely }: Pick<Database, 'kysely'>): Promise<LedgerFacts | undefined> {
  return kysely
    .selectFrom('ledger')
    .select(['id', 'currency', 'partitions', 'log_id as logId'])
    .executeTakeFirst();
}

function readProgress({ kysely }: Pick<Database, 'kysely'>) {
  return kysely
    .selectFrom('projection_partition')
    .innerJoin('log_partition', 'log_partition.partition', 'projection_partition.partition')
    .select(['projection_partition.partition', 'next_offset as read', 'end_offset as written'])
    .orderBy('projection_partition.partition')
    .execute();
}

/**
 * A log that lost its end must not grow again: what came to stand in the place of what was read would never be read,
 * and what was acknowledged is not on it.
 * @param before how far it was read and written, asked before its end was
 */
function lostEnd(
  before: readonly {
    readonly partition: number;
    readonly read: bigint;
    readonly written: bigint;
  }[],
  ends: ReadonlyMap<number, bigint>,
): string | undefined {
  for (const { partition, read, written } of before) {
    const end = ends.get(partition);
    if (end === undefined || (end >= read && end >= written)) continue;
    const had = end < read ? `read up to ${read}` : `written up to ${written}`;
    return `Partition ${partition} of the log ends at offset ${end}, but it was ${had}: its end was lost, and nothing may be recorded in its place.`;
  }
  return undefined;
}

async function insertLedger(
  database: Database,
  currency: string,
  partitions: number,
  { logId, endOffsets }: FoundLog & { ok: true },
): Promise<LedgerFacts> {
  await database.kysely.transaction().execute(async (trx) => {
    await trx
      .insertInto('ledger')
      .values({ currency, partitions, log_id: logId, time_zone_data: null })
      .execute();
    for (const table of ['projection_partition', 'log_partition', 'log_lease']) {
      await sql`
        insert into ${sql.table(table)} (partition)
        select generate_series(0, ${partitions}::int - 1)`.execute(trx);
    }
    for (const [partition, end] of endOffsets) {
      await trx
        .updateTable('projection_partition')
        .set({ claims_until: end })
        .where('partition', '=', partition)
        .execute();
    }
  });
  return (await readFacts(database))!;
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
