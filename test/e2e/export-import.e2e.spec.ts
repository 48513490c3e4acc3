import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  balancesOf,
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  logEnvironment,
  projectionDifferences,
  randomSpends,
  waitUntil,
  workloadSeed,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';

const BATCH = 'application/cloudevents-batch+json';
const CAROL = { type: 'user', userId: 'carol', keyId: 'k-carol' };
const CALL = { id: 'call-1', time: '2026-04-27T10:00:00Z' };
const seed = workloadSeed();
const spends = randomSpends(300, seed);

/** A ledger in one process, with the environment that leads to it. */
interface Ledger {
  readonly db: TestDatabase;
  readonly env: Readonly<Record<string, string>>;
  readonly process: LedgerProcess;
  stop(): Promise<void>;
}

async function startLedger(kind: 'Postgres' | 'Kafka', partitions: string): Promise<Ledger> {
  const db = await createTestDatabase({ ledger: false });
  const log = logEnvironment(kind);
  const env = { DATABASE_URL: db.url, PARTITIONS: partitions, ...log.env };
  const process = await LedgerProcess.start({ env });
  const stop = async () => {
    await process.stop();
    await log.remove();
    await db.drop();
  };
  return { db, env, process, stop };
}

describe.each([
  ['Postgres', 'Kafka'],
  ['Kafka', 'Postgres'],
] as const)('a ledger whose log is in %s, exported and imported where it is in %s', (from, to) => {
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  const file = join(folder, 'ledger.ndjson');
  let one: Ledger;
  let other: Ledger;

  beforeAll(async () => {
    one = await startLedger(from, '12');
    other = await startLedger(to, '5');
    await fill(one.process.http);
  });
  afterAll(async () => {
    await one.stop();
    await other.stop();
    rmSync(folder, { recursive: true });
  });

  it(`has equal balances, and answers alike (seed ${seed})`, async () => {
    const exported = await ledgerCommand(one.env, 'export', '--out', file);
    expect(exported).toMatchObject({ status: 0, stdout: '' });
    // The ledger that is filled runs meanwhile.
    const imported = await ledgerCommand(other.env, 'import', file, '--json');
    expect(imported).toMatchObject({ status: 0 });
    expect(JSON.parse(imported.stdout)).toMatchObject({ lines: spends.length + 5 });
    const [was, is] = [one.process.http, other.process.http];
    await settled(is, spends.length + 3, other.db);
    for (const account of [...Object.keys(balancesOf(spends)), 'user:carol', 'key:k-carol']) {
      const [before, after] = [(await was.balance(account)).body, (await is.balance(account)).body];
      expect(after).toEqual({ ...before, position: after.position, asOf: after.asOf });
    }
    const ask = { estimate: '5' };
    const { body: before } = await was.check(CAROL, ask);
    const { body: after } = await is.check(CAROL, ask);
    expect(after.budgets).toEqual(before.budgets);
    expect([after.allowed, after.message]).toEqual([before.allowed, before.message]);
    expect(before.budgets[0]).toMatchObject({ spent: '2.70', held: '0.00' });
    expect(await projectionDifferences(other.db.database)).toEqual([]);
  });

  it('has each id with the content it was recorded with, and goes on from there', async () => {
    const { http } = other.process;
    const same = await http.record(CAROL, '4.00', CALL);
    expect(same).toMatchObject({ status: 200, body: { duplicate: true } });
    expect((await http.record(CAROL, '5.00', CALL)).status).toBe(409);
    const budget = await http.setBudget('carol', 'user:carol', '20');
    expect(budget).toMatchObject({ status: 200, body: { applied: true } });
    expect(budget.headers.get('etag')).toBe('"2"');
    const { body } = await http.record(CAROL, '1.00', { time: CALL.time });
    expect((await http.balance('user:carol', body.position)).body.spentAllTime).toBe('3.70');
    const again = await ledgerCommand(other.env, 'import', file);
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('0 of') });
  });

  it('shows its events, and takes no other export', async () => {
    const { stdout } = await ledgerCommand(other.env, 'events', 'user:carol');
    expect(stdout).toMatch(/amend +-2\.50 +\d\.\d\d /);
    const another = join(folder, 'another.ndjson');
    await ledgerCommand(one.env, 'export', '--out', another);
    const refused = await ledgerCommand(other.env, 'import', another);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(/This ledger was filled from another export/);
  });
});

/** Spends of a random history, and of carol: a call that is corrected, and one that settles a hold. */
async function fill(http: HttpLedger): Promise<void> {
  const { body } = await http.post('/v1/events', spends, BATCH);
  expect(body.results.map(({ status }: { status: number }) => status)).not.toContain(503);
  await http.setBudget('carol', 'user:carol', '10');
  await http.setBudget('all', 'user:*', null, { warnAt: ['0.5'] });
  const call = await http.record(CAROL, '4.00', CALL);
  const amended = await http.correct(call.body, { kind: 'amend', amount: '1.5', reason: 'price' });
  const held = await http.hold(CAROL, '3.00');
  await http.settle(held.body.holdId, '1.20');
  const positions = [...body.results, amended.body].map(({ position }) => position).join();
  expect((await http.balance('user:carol', positions)).status).toBe(200);
  await waitUntil('what was settled is spent', async () => {
    const { spentAllTime, held: heldNow } = (await http.balance('user:carol')).body;
    return spentAllTime === '2.70' && heldNow === '0.00';
  });
}

/** Until the projection has so many entries. */
async function settled(http: HttpLedger, entries: number, db: TestDatabase): Promise<void> {
  await waitUntil('all is projected', async () => {
    const { count } = await db.database.kysely
      .selectFrom('spend_event')
      .select(({ fn }) => fn.countAll<bigint>().as('count'))
      .executeTakeFirstOrThrow();
    // Money that was held and is spent is never missing from both, nor below zero.
    const { body } = await http.balance('user:carol');
    expect(body.held).not.toMatch(/^-/);
    return count === BigInt(entries);
  });
}
