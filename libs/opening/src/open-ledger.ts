import {
  createLedger,
  Database,
  durabilityRisks,
  type DatabaseOptions,
  type FindLog,
  type LedgerFacts,
} from '#libs/postgres';
import {
  findKafkaLog,
  findPostgresLog,
  openKafkaLog,
  PostgresSpendLog,
  type ConsumptionOptions,
  type KafkaOptions,
  type ReportedTopic,
  type SpendLog,
} from '#libs/spend-log';

/** A ledger without its log: for who only reads what was made of it. */
export interface OpenProjection {
  readonly database: Database;
  readonly facts: LedgerFacts;
  close(): Promise<void>;
}

/** What every process of a ledger works on. */
export interface OpenLedger extends OpenProjection {
  readonly log: SpendLog;
  /** The producers' topic, where the log is on Kafka. */
  readonly reported: ReportedTopic | undefined;
}

export interface LedgerOptions {
  readonly database: DatabaseOptions;
  readonly currency: string;
  /** As configured; `undefined` takes what the ledger has, or the default for a new one. */
  readonly partitions: number | undefined;
  readonly defaultPartitions: number;
  /** The log is on Kafka; `undefined`: in Postgres. */
  readonly kafka: KafkaOptions | undefined;
  /** What operators should know of the ledger that was opened. */
  readonly onWarning?: (sentence: string) => void;
  /** Gets a sentence for each setting with which the database may lose what it has acknowledged. */
  readonly onRisk?: (risk: string) => void;
  /** How the log in Postgres is read. */
  readonly reading: ConsumptionOptions;
}

/** What was opened, or a sentence that says why it was not. */
export type Opened<T> =
  { readonly ok: true; readonly ledger: T } | { readonly ok: false; readonly sentence: string };

/** Opens a ledger, creating it on an empty database. */
export async function openLedger(options: LedgerOptions): Promise<Opened<OpenLedger>> {
  const created = await create(options, findLogOf(options));
  if (!created.ok) return created;
  const { facts } = created;
  const database = new Database(options.database);
  try {
    await tellRisks(database, options);
    const { log, reported, close: closeLog } = await openLog(database, facts, options);
    const close = async () => {
      await closeLog();
      await database.close();
    };
    return { ok: true, ledger: { database, log, reported, facts, close } };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens what the log was made into. A log that cannot be reached does not matter, unless it has yet to be created. */
export async function openProjection(options: LedgerOptions): Promise<Opened<OpenProjection>> {
  const findLog = findLogOf(options);
  const created = await create(options, (partitions, logId) =>
    typeof logId === 'string' && options.kafka
      ? { ok: true, logId, endOffsets: new Map() }
      : findLog(partitions, logId),
  );
  if (!created.ok) return created;
  const database = new Database(options.database);
  const { facts } = created;
  try {
    await tellRisks(database, options);
    return { ok: true, ledger: { database, facts, close: () => database.close() } };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function tellRisks(database: Database, { onRisk }: LedgerOptions): Promise<void> {
  if (onRisk) (await durabilityRisks(database)).forEach((risk) => onRisk(risk));
}

async function openLog(database: Database, facts: LedgerFacts, options: LedgerOptions) {
  if (options.kafka) return openKafkaLog(database, facts, options.kafka);
  const log = new PostgresSpendLog(database, options.reading);
  return { log, reported: undefined, close: () => log.close() };
}

function findLogOf({ kafka }: LedgerOptions): FindLog {
  return kafka ? findKafkaLog(kafka) : findPostgresLog;
}

async function create(options: LedgerOptions, findLog: FindLog) {
  const created = await createLedger(
    options.database,
    { currency: options.currency, partitions: options.partitions },
    { partitions: options.defaultPartitions },
    findLog,
  );
  if (created.ok && created.warning !== undefined) options.onWarning?.(created.warning);
  return created;
}
