import { sql } from 'kysely';
import {
  createTestDatabase,
  LedgerProcess,
  untilSessionsWait,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { team } from './support/judged-ledger';

describe('a limit on the ledger that is set while three auths grant', () => {
  let db: TestDatabase;
  const processes: LedgerProcess[] = [];
  let ingest: LedgerProcess;
  let auths: LedgerProcess[];
  let release: () => Promise<void> = () => Promise.resolve();

  beforeEach(async () => {
    db = await createTestDatabase({ ledger: false });
    const env = {
      DATABASE_URL: db.url,
      HOLD_IDLE: 'PT1S',
      HOLD_SLOTS: '1',
      MAX_LAG: 'PT10M',
      APPLY_WAIT: 'PT60S',
      // Flushes are held up here, and are to go on after that.
      DATABASE_TIMEOUT: 'PT60S',
    };
    for (const app of ['ingest', 'projector', 'auth', 'auth', 'auth'] as const) {
      processes.push(await LedgerProcess.open({ app, env }));
    }
    await Promise.all(processes.map((each) => each.ready()));
    ingest = processes[0]!;
    auths = processes.slice(2);
    // Under the limit, one more is refused at every auth. They also make the row by which flushes are held up below.
    await granted(hold(0));
    await granted(hold(1));
  });
  afterEach(async () => {
    await release();
    for (const { child } of processes) child.kill('SIGCONT');
    for (const each of processes.splice(0).reverse()) await each.stop();
    await db.drop();
  });

  it('binds each hold from the answer on: none is granted that did not see it', async () => {
    await holdUpFlushes();
    const before = auths.map((_, n) => hold(n));
    await untilSessionsWait(db.database, auths.length);
    const set = setLimit();
    // They have read that there is no limit, and will grant. Whether it waits for them or answers is seen now.
    const looks = new Set<string>();
    await waitUntil('the change waits for them, or is answered', async () => {
      for (const at of await looksForFlushes()) looks.add(at);
      return set.isAnswered() || looks.size > 3;
    });
    await release();
    const { answer, heldThen } = await set.done;
    expect(answer.body.applied).toBe(true);
    const statuses = (await Promise.all(before)).map(({ status }) => status);
    expect(statuses).toEqual(auths.map(() => 201));
    expect((await Promise.all(auths.map((_, n) => hold(n)))).map(({ status }) => status)).toEqual(
      auths.map(() => 429),
    );
    expect(await heldNow()).toEqual(heldThen);
  });

  it('waits for an auth that is stopped inside of a flush, until Postgres has ended that', async () => {
    await holdUpFlushes();
    const stopped = hold(0);
    await untilSessionsWait(db.database, 1);
    const [session] = await sessions("wait_event_type = 'Lock'");
    auths[0]!.child.kill('SIGSTOP');
    await release();
    const { answer, heldThen, sessionsThen } = await setLimit().done;
    expect(answer.body.applied).toBe(true);
    expect(sessionsThen).not.toContain(session);
    auths[0]!.child.kill('SIGCONT');
    expect((await stopped).status).toBe(503);
    await waitUntil('it is ready again', async () => (await hold(0)).status === 429);
    expect(await heldNow()).toEqual(heldThen);
  });

  it('is seen by each hold that is granted later, while many are asked for', async () => {
    let isSet = false;
    const asked = auths.map(async (_, n) => {
      const answers: Answer[] = [];
      for (let more = 10; more > 0; more -= isSet ? 1 : 0) {
        answers.push(...(await Promise.all([hold(n), hold(n), hold(n), hold(n)])));
      }
      return answers;
    });
    await waitUntil('some are granted', async () => (await heldNow()).length > 8);
    const { answer, heldThen } = await setLimit('20.00').done;
    isSet = true;
    expect(answer.body.applied).toBe(true);
    const answers = (await Promise.all(asked)).flat();
    const known = new Set(heldThen);
    const later = answers.filter(({ status, body }) => status === 201 && !known.has(body.holdId));
    for (const { body } of later) {
      expect(body.decision.budgets).toMatchObject([{ account: 'ledger', limit: '20.00' }]);
    }
    expect((await heldNow()).length).toBe(Math.max(20, heldThen.length));
    expect(answers.filter(({ status }) => status !== 201 && status !== 429)).toEqual([]);
  });

  /** Of 1.00, by a team of its own, so that no row but those of the ledger is shared. */
  function hold(n: number): Promise<Answer> {
    return auths[n]!.http.hold(team(`team-${n}`), '1.00', { ttlSeconds: 3600 });
  }

  /** What is held, and which sessions stand still in a transaction, when the answer comes. */
  function setLimit(limit = '2.00') {
    let isAnswered = false;
    const done = (async () => {
      const answer = await ingest.http.setBudget('all', 'ledger', limit);
      const sessionsThen = await sessions("state = 'idle in transaction'");
      const heldThen = await heldNow();
      isAnswered = true;
      return { answer, heldThen, sessionsThen };
    })();
    return { done, isAnswered: () => isAnswered };
  }

  /** Lets flushes read and decide, but not write, until they are released. */
  async function holdUpFlushes(): Promise<void> {
    const [locked, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const all = db.database.kysely.transaction().execute(async (trx) => {
      await sql`select from pool_held where account = 'ledger' for update`.execute(trx);
      locked.resolve();
      await done.promise;
    });
    await locked.promise;
    release = () => {
      done.resolve();
      return all;
    };
  }

  /** When a session last did so. */
  async function looksForFlushes(): Promise<string[]> {
    const { rows } = await sql<{ at: string }>`
      select query_start::text as at from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query like '%virtualtransaction%'`.execute(
      db.database.kysely,
    );
    return rows.map(({ at }) => at);
  }

  /** Their process ids, of others' alone. */
  async function sessions(condition: string): Promise<number[]> {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and ${sql.raw(condition)}`.execute(
      db.database.kysely,
    );
    return rows.map(({ pid }) => pid);
  }

  async function heldNow(): Promise<string[]> {
    const holds = await db.database.kysely.selectFrom('hold').select('hold_id').execute();
    return holds.map(({ hold_id }) => hold_id).sort();
  }

  async function granted(asked: Promise<Answer>): Promise<void> {
    expect((await asked).status).toBe(201);
  }
});
