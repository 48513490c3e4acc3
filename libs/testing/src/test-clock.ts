import { sql } from 'kysely';
import { formatInstant, instantOf, type Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** The clock of a test's own database, for all its connections: it stands still until it is set. */
export class TestClock {
  private constructor(private readonly database: Database) {}

  static async of(database: Database, now: string): Promise<TestClock> {
    const { kysely } = database;
    await sql`create table test_clock (now timestamptz not null)`.execute(kysely);
    await sql`insert into test_clock values (${now}::timestamptz)`.execute(kysely);
    await sql`
      create or replace function ledger_now() returns timestamptz language sql volatile as $$
        select now from test_clock
      $$`.execute(kysely);
    return new TestClock(database);
  }

  async now(): Promise<Instant> {
    const { rows } = await sql<{ now: string }>`select now from test_clock`.execute(
      this.database.kysely,
    );
    return instantOf(rows[0]!.now);
  }

  async set(now: Instant): Promise<void> {
    await sql`update test_clock set now = ${formatInstant(now)}::timestamptz`.execute(
      this.database.kysely,
    );
  }

  async advance(micros: bigint): Promise<void> {
    await this.set((await this.now()) + micros);
  }
}
