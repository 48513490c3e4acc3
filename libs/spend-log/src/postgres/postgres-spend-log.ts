import type { Position } from '#libs/ledger';
import type { Database, FindLog } from '#libs/postgres';
import {
  SpendLog,
  type BatchLimits,
  type Consumption,
  type NewRecord,
  type PartitionReader,
} from '../spend-log';
import { appendRecords } from './append-records';
import { LoneReading } from './lone-reading';
import { PostgresConsumption, type ConsumptionOptions } from './postgres-consumption';

/** Here the ledger is its own log, and nothing of a log can be older than it. */
export const findPostgresLog: FindLog = (_, logId) =>
  typeof logId === 'string'
    ? {
        ok: false,
        sentence:
          'This ledger keeps its log on Kafka, and a ledger has one log for ever: set KAFKA_BROKERS, for example KAFKA_BROKERS=localhost:9092.',
      }
    : { ok: true, logId: null, endOffsets: new Map() };

/** The log in Postgres: for small installations and the embedded default. */
export class PostgresSpendLog extends SpendLog {
  override readonly dependency = 'log';
  private readonly consumptions = new Set<PostgresConsumption | LoneReading>();
  private onTheWay = 0;

  constructor(
    private readonly database: Database,
    private readonly options: ConsumptionOptions,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    super();
  }

  override async append(records: readonly NewRecord[]): Promise<readonly bigint[]> {
    this.onTheWay += records.length;
    const offsets = await appendRecords(this.database, records).finally(() => {
      this.onTheWay -= records.length;
    });
    this.noteAppended(records, offsets);
    for (const consumption of this.consumptions) consumption.wake();
    return offsets;
  }

  override async endOffsets(): Promise<Position> {
    const rows = await this.database.kysely.selectFrom('log_partition').selectAll().execute();
    return new Map(rows.map((row) => [row.partition, row.end_offset]));
  }

  override consume(reader: PartitionReader): Promise<Consumption> {
    const consumption = new PostgresConsumption(
      this.database,
      reader,
      this.options,
      this.monotonicMs,
    );
    this.consumptions.add(consumption);
    return Promise.resolve(consumption);
  }

  override async consumeAlone(reader: PartitionReader, limits: BatchLimits): Promise<Consumption> {
    const partitions = [...(await this.endOffsets()).keys()];
    const options = { ...this.options, limits };
    const reading = new LoneReading(this.database, partitions, reader, options);
    this.consumptions.add(reading);
    return reading;
  }

  override async answers(): Promise<void> {
    await this.database.answers();
  }

  override pending(): number {
    return this.onTheWay;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.consumptions].map((consumption) => consumption.stop()));
    this.consumptions.clear();
  }
}
