import type { Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { SpendLog, type Consumption, type NewRecord, type PartitionReader } from '../spend-log';
import { appendRecords } from './append-records';
import { PostgresConsumption, type ConsumptionOptions } from './postgres-consumption';

/** The log in Postgres: for small installations and the embedded default. */
export class PostgresSpendLog extends SpendLog {
  private readonly consumptions = new Set<PostgresConsumption>();

  constructor(
    private readonly database: Database,
    private readonly options: ConsumptionOptions,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    super();
  }

  override async append(records: readonly NewRecord[]): Promise<readonly bigint[]> {
    const offsets = await appendRecords(this.database, records);
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

  override async close(): Promise<void> {
    await Promise.all([...this.consumptions].map((consumption) => consumption.stop()));
    this.consumptions.clear();
  }
}
