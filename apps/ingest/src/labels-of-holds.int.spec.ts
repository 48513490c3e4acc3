import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import {
  heldAccountsOf,
  HoldBook,
  lockAccounts,
  newHoldId,
  writeBook,
  type Hold,
} from '#libs/holds';
import {
  formatMoney,
  instantOf,
  partitionOfScope,
  picoOfDecimal,
  type Labels,
  type Scope,
  type Spend,
} from '#libs/ledger';
import type { SpendLog } from '#libs/spend-log';
import {
  BARE_HOLD,
  createTestDatabase,
  openTestLog,
  projectLog,
  projectionDifferences,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { ClaimRestoration } from './claim-restoration';
import { SpendRecorder } from './record-spend';
import { RecordingRounds } from './recording-rounds';

const ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice' };
const NOW = instantOf('2026-04-27T10:00:00Z');
const PICO = 10n ** 12n;
const CALLER = 'gateway';

describe('the labels of a spend that names a hold', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
    await TestClock.of(db.database, '2026-04-27T10:00:00Z');
  });
  afterEach(() => db.drop());

  it('are those of its hold where it does not say them, and the others that it says besides', async () => {
    const hold = await take({ labels: new Map([['project', 'a']]) });
    const said = new Map([['session', 's']]);
    await recorder().record(spendOf(hold.holdId, 3n, said), CALLER);
    expect(await pools()).toEqual({
      'label:project/a': '3.00',
      'label:session/s': '3.00',
      ledger: '3.00',
    });
    const [{ headers }] = (await records()) as [{ headers: Record<string, string> }];
    expect(headers).toMatchObject({
      ce_holdoutcome: 'settled',
      ce_ledgerlabels: '{"project":"a"}',
      ce_ledgerpools: 'yes',
    });
    await projectLog(db.database);
    expect(await pools()).toEqual({
      'label:project/a': '0.00',
      'label:session/s': '0.00',
      ledger: '0.00',
    });
    const spent = await db.database.kysely
      .selectFrom('pool_balance')
      .select(['account', 'spent'])
      .orderBy('account')
      .execute();
    expect(spent).toEqual([
      { account: 'label:project/a', spent: '3.00' },
      { account: 'label:session/s', spent: '3.00' },
      { account: 'ledger', spent: '3.00' },
    ]);
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('make it foreign to a hold that has another value of one of them', async () => {
    const hold = await take({ labels: new Map([['project', 'a']]) });
    await recorder().record(spendOf(hold.holdId, 3n, new Map([['project', 'b']])), CALLER);
    expect((await records()).map(({ headers }) => headers['ce_holdoutcome'])).toEqual(['foreign']);
    expect(await pools()).toEqual({ 'label:project/a': '4.00', ledger: '4.00' });
  });

  it('are those of its hold, too, where that has ended', async () => {
    const hold = await take({ labels: new Map([['project', 'a']]) });
    await recorder().record(spendOf(hold.holdId, 3n), CALLER);
    await recorder().record(spendOf(hold.holdId, 2n), CALLER);
    expect((await records()).map(({ headers }) => headers['ce_ledgerlabels'])).toEqual([
      '{"project":"a"}',
      '{"project":"a"}',
    ]);
    await projectLog(db.database);
    expect(await pools()).toEqual({ 'label:project/a': '0.00', ledger: '0.00' });
  });

  it('are in each later append those that it was settled with', async () => {
    const hold = await take({ labels: new Map([['org', 'acme']]) });
    const reported = spendOf(hold.holdId, 3n);
    const append = () => Promise.reject(new Error('killed'));
    const dying = recorder(Object.assign(openTestLog(db.database), { append }));
    await expect(dying.record(reported, CALLER)).rejects.toThrow('killed');
    await db.database.kysely.deleteFrom('outbox').execute();
    await recorder().record(reported, CALLER);
    const [{ headers }] = (await records()) as [{ headers: Record<string, string> }];
    expect(headers).toMatchObject({ ce_ledgerlabels: '{"org":"acme"}', ce_ledgerpools: 'yes' });
    await projectLog(db.database);
    expect(await pools()).toEqual({ 'label:org/acme': '0.00', ledger: '0.00' });
  });

  it('are those that it was settled with, too, where another caller with bindings sends it again', async () => {
    const hold = await take({});
    const reported = spendOf(hold.holdId, 3n);
    const append = () => Promise.reject(new Error('killed'));
    const dying = recorder(Object.assign(openTestLog(db.database), { append }));
    await expect(dying.record(reported, CALLER)).rejects.toThrow('killed');
    await db.database.kysely.deleteFrom('outbox').execute();
    const bound = { ...reported, boundLabels: new Map([['org', 'beta']]) };
    await recorder().record(bound, 'another gateway');
    const [{ headers }] = (await records()) as [{ headers: Record<string, string> }];
    expect(headers).toMatchObject({ ce_holdoutcome: 'settled', ce_ledgerpools: 'yes' });
    expect(headers).not.toHaveProperty('ce_ledgerlabels');
    await projectLog(db.database);
    expect(await pools()).toEqual({ ledger: '0.00' });
  });

  it('are held on no pool where the hold is from before there were any', async () => {
    const hold = await take({ onPools: false });
    await recorder().record(spendOf(hold.holdId, 3n), CALLER);
    const [{ headers }] = (await records()) as [{ headers: Record<string, string> }];
    expect(Object.keys(headers)).not.toContain('ce_ledgerpools');
    expect(await pools()).toEqual({});
    await projectLog(db.database);
    expect(await pools()).toEqual({});
  });

  function recorder(to: SpendLog = openTestLog(db.database)): SpendRecorder {
    return new SpendRecorder(
      db.database,
      to,
      new ClaimRestoration(db.database),
      TEST_PARTITIONS,
      new RecordingRounds({ maxBatch: 100, maxQueue: 100, recordWaitMs: 30_000 }),
    );
  }

  /** A hold of 4 for ten minutes. */
  async function take(more: Partial<Hold>): Promise<Hold> {
    const hold: Hold = {
      ...BARE_HOLD,
      scope: ML,
      amountPico: 4n * PICO,
      caller: CALLER,
      holdId: newHoldId(partitionOfScope(ML, TEST_PARTITIONS), NOW),
      createdAt: NOW,
      expiresAt: NOW + 600_000_000n,
      ...more,
    };
    await db.database.atomically(async (client) => {
      await lockAccounts(client, heldAccountsOf(ML, TEST_PARTITIONS));
      const book = new HoldBook(NOW, TEST_PARTITIONS, []);
      book.take(hold);
      await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 1 });
    });
    return hold;
  }

  function records() {
    return db.database.kysely.selectFrom('log_record').select('headers').execute();
  }

  /** What is held of each pool: what was taken and has not flipped. */
  async function pools(): Promise<Record<string, string>> {
    const { rows } = await sql<{ account: string; held: string }>`
      select account, sum(taken) - coalesce((
        select sum(flipped) from pool_balance balance where balance.account = pool.account), 0) as held
      from pool_held pool group by account order by account`.execute(db.database.kysely);
    return Object.fromEntries(
      rows.map(({ account, held }) => [account, formatMoney(picoOfDecimal(held))]),
    );
  }
});

function spendOf(holdId: string, amount: bigint, labels?: Labels) {
  const spend: Spend = {
    id: randomUUID(),
    source: 'gateway',
    time: NOW,
    scope: ML,
    currency: 'USD',
    amountPico: amount * PICO,
    basis: 'exact',
    holdId,
    ...(labels && { labels }),
  };
  return { spend, extensions: {} };
}
