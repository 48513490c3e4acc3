import { deepStrictEqual } from 'node:assert';
import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import {
  createTestDatabase,
  GrpcLedger,
  LedgerProcess,
  spendEvent,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { printCents } from './print-cents';
import type { BenchUser } from './record-users';

const DAY_MS = 86_400_000;
export const SPENDS_EACH = 20;
/** Over how long they are spread, up to now. */
export const SPENT_OVER_MS = 25 * DAY_MS;
/** Copies in one statement. */
const COPIES_AT_ONCE = 50;
const BATCH_EVENTS = 1000;
const VERIFIED = 20;
const LIMIT = '100000000.00';
/** Offsets of copies begin here: no log comes near. */
const COPIES_FROM = 1_000_000_000;
/** What a copy of an event has of it. */
const COPIED =
  'partition source time recorded_at known_at caller content_hash scope_type key_id user_id amount basis extensions'.split(
    ' ',
  );
const KINDS = ['key', 'user', 'team', 'member', 'pool'];

/** A ledger with many events, and five budgets on each scope: a standalone on a database of its own. */
export class GrownLedger {
  private constructor(
    readonly events: number,
    readonly process: LedgerProcess,
    private readonly db: TestDatabase,
  ) {}

  /**
   * Records 20 spends of each user through the ledger's own door, and multiplies them in its tables: as if each had
   * come so many times. @param times how often
   */
  static async open(users: readonly BenchUser[], times: number): Promise<GrownLedger> {
    const db = await createTestDatabase({ ledger: false });
    const process = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    const ledger = new GrownLedger(users.length * SPENDS_EACH * times, process, db);
    await setBudgets(process.http);
    await record(process.http, users);
    await multiply(db.database, times);
    await ledger.verify(users.slice(0, VERIFIED), times);
    return ledger;
  }

  /** @throws AssertionError when an answer is not what was recorded */
  private async verify(users: readonly BenchUser[], times: number): Promise<void> {
    const grpc = new GrpcLedger(this.process.grpcAddress);
    try {
      for (const { userId, keyId, spendCents } of users) {
        const scope = { user: { user_id: userId, key_id: keyId } };
        const { decision } = await grpc.call('BudgetService', 'Check', { scope });
        const spent = printCents(spendCents * SPENDS_EACH * times);
        deepStrictEqual(
          decision.budgets.map((budget: { spent: string }) => budget.spent),
          Array.from({ length: 5 }, () => spent),
        );
      }
    } finally {
      grpc.close();
    }
  }

  get database(): Database {
    return this.db.database;
  }

  get databaseUrl(): string {
    return this.db.url;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.db.drop();
  }
}

/** Four on each user and one on each key, over windows in which all spends lie. */
async function setBudgets(http: HttpLedger): Promise<void> {
  const anchor = new Date(Date.now() - 28 * DAY_MS).toISOString().replace(/:\d\d\.\d+Z/, ':00Z');
  const days30 = { type: 'every', duration: 'P30D', anchor };
  const budgets: [account: string, window: object][] = [
    ['user:*', { type: 'total' }],
    ['user:*', { type: 'total', from: anchor }],
    ['user:*', days30],
    ['user:*', { ...days30, duration: 'P2M' }],
    ['key:*', days30],
  ];
  for (const [n, [account, window]] of budgets.entries()) {
    accept(await http.setBudget(`budget-${n}`, account, LIMIT, { window }));
  }
}

/** In the order of their times. */
async function record(http: HttpLedger, users: readonly BenchUser[]): Promise<void> {
  const positions: string[] = [];
  for (let nth = SPENDS_EACH; nth > 0; nth--) {
    for (let from = 0; from < users.length; from += BATCH_EVENTS) {
      const events = users
        .slice(from, from + BATCH_EVENTS)
        .map(({ userId, keyId, spendCents }, n) =>
          spendEvent({ type: 'user', userId, keyId }, printCents(spendCents), {
            time: new Date(Date.now() - (nth / SPENDS_EACH) * SPENT_OVER_MS + n).toISOString(),
          }),
        );
      const answer = accept(
        await http.post('/v1/events', events, 'application/cloudevents-batch+json'),
      );
      for (const { position } of answer.results) positions.push(position);
    }
  }
  accept(await http.get(`/v1/balances?account=user:none&minPosition=${highest(positions)}`));
}

/** A position is its offset by partition; of many the highest of each. */
function highest(positions: readonly string[]): string {
  const offsets = new Map<string, number>();
  for (const [partition, offset] of positions.map((each) => each.split(':') as [string, string])) {
    offsets.set(partition, Math.max(offsets.get(partition) ?? 0, Number(offset)));
  }
  return [...offsets].map(([partition, offset]) => `${partition}:${offset}`).join(',');
}

/** Each event comes so many times, and every sum of them is so many times what it was. */
async function multiply({ kysely }: Database, times: number): Promise<void> {
  await kysely.connection().execute(async (connection) => {
    await sql`set statement_timeout = 0`.execute(connection);
    for (let copy = 1; copy < times; copy += COPIES_AT_ONCE) {
      const last = Math.min(copy + COPIES_AT_ONCE, times) - 1;
      await sql`
        insert into spend_event (${sql.join(COPIED.map((name) => sql.ref(name)))}, event_key, event_id, log_offset)
        select ${sql.join(COPIED.map((name) => sql.ref(name)))}, gen_random_uuid(),
               event_id || '-' || copy, log_offset + ${COPIES_FROM}::bigint * copy
        from spend_event, generate_series(${copy}::int, ${last}::int) as copy
        where log_offset < ${COPIES_FROM}`.execute(connection);
    }
    for (const kind of KINDS) {
      await sql`update ${sql.table(`${kind}_bucket`)} set spent = spent * ${times}`.execute(
        connection,
      );
      await sql`
        update ${sql.table(`${kind}_balance`)} set spent = spent * ${times}, windows = (
          select jsonb_object_agg(id, jsonb_build_array(
            kept -> 0, kept -> 1, ((kept ->> 2)::numeric * ${times})::text))
          from jsonb_each(windows) as each (id, kept))`.execute(connection);
    }
    await sql`reset statement_timeout`.execute(connection);
    await sql`vacuum analyze`.execute(connection);
    await sql`checkpoint`.execute(connection);
  });
}

function accept({ status, body }: Answer): Answer['body'] {
  if (status > 201) throw new Error(`the ledger answered ${status}: ${body?.detail}`);
  return body;
}
