import { sql, type Kysely } from 'kysely';
import type { Database, Tables } from '#libs/postgres';
import { eventKeyOf, keyOfFact, type ClaimedFact } from '#libs/wire';

/** How many names are told to Postgres at once. */
export interface NameLimits {
  readonly names: number;
}

/** A name of an event in a file. */
interface Named {
  readonly line: number;
  readonly key: string;
  readonly partition: number;
  readonly isSpend: boolean;
  /** Of the spend that it corrects. */
  readonly corrects: string | null;
}

/**
 * The names of all events in a file, wherever they stand in it: in a table of this connection, for no process has room for
 * those of a long record. It is gone with the check.
 */
export class ExportNames {
  private waiting: Named[] = [];

  private constructor(
    private readonly connection: Kysely<Tables>,
    private readonly limits: NameLimits,
  ) {}

  static async during<T>(
    { kysely }: Pick<Database, 'kysely'>,
    limits: NameLimits,
    work: (names: ExportNames) => Promise<T>,
  ): Promise<T> {
    return kysely.connection().execute(async (connection) => {
      await sql`
        create temp table export_name
          (line bigint, event_key uuid, partition int, is_spend boolean, corrects uuid)`.execute(
        connection,
      );
      try {
        return await work(new ExportNames(connection, limits));
      } finally {
        await sql`drop table pg_temp.export_name`.execute(connection);
      }
    });
  }

  async add(line: number, event: ClaimedFact, partition: number): Promise<void> {
    const isSpend = event.kind === 'spend_recorded';
    const corrects = event.kind === 'spend_adjusted' ? eventKeyOf(event.adjustment.adjusts) : null;
    this.waiting.push({ line, key: keyOfFact(event), partition, isSpend, corrects });
    if (this.waiting.length >= this.limits.names) await this.flush();
  }

  /** What is wrong with the first line of which something is. */
  async findFault(): Promise<{ readonly line: number; readonly fault: string } | undefined> {
    await this.flush();
    const faults = [await this.findTwice(), await this.findOrphan()].flatMap(
      (fault) => fault ?? [],
    );
    return faults.sort((a, b) => a.line - b.line)[0];
  }

  private async flush(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    await sql`
      insert into pg_temp.export_name
      select * from unnest(
        ${waiting.map(({ line }) => line)}::bigint[], ${waiting.map(({ key }) => key)}::uuid[],
        ${waiting.map(({ partition }) => partition)}::int[],
        ${waiting.map(({ isSpend }) => isSpend)}::boolean[],
        ${waiting.map(({ corrects }) => corrects)}::uuid[])`.execute(this.connection);
  }

  /** A ledger has an event once, whatever it says. */
  private async findTwice() {
    const { rows } = await sql<{ line: bigint; before: bigint }>`
      select line, before from (
        select line, lag(line) over (partition by event_key order by line) as before
        from pg_temp.export_name
      ) named where before is not null order by line limit 1`.execute(this.connection);
    return rows.map(({ line, before }) => ({
      line: Number(line),
      fault: `: id is that of line ${before}, which has the same source`,
    }))[0];
  }

  private async findOrphan() {
    const { rows } = await sql<{ line: bigint }>`
      select line from pg_temp.export_name correction
      where corrects is not null and not exists (
        select from pg_temp.export_name spend
        where spend.event_key = correction.corrects and spend.is_spend
          and spend.line < correction.line and spend.partition = correction.partition)
      order by line limit 1`.execute(this.connection);
    return rows.map(({ line }) => ({
      line: Number(line),
      fault: ': data.adjusts is of no spend that stands before it in its partition',
    }))[0];
  }
}
