import { randomUUID } from 'node:crypto';
import {
  heldAccountsOf,
  HoldBook,
  lockAccounts,
  newHoldId,
  writeBook,
  type Hold,
} from '#libs/holds';
import { instantOf, partitionOfScope, type Scope, type Spend } from '#libs/ledger';
import type { NewRecord, SpendLog } from '#libs/spend-log';
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
import { OutboxRelay } from './outbox-relay';
import { SpendRecorder } from './record-spend';
import { RecordingRounds } from './recording-rounds';

const ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice' };
const NOW = '2026-04-27T10:00:00Z';
const EXPIRY = instantOf('2026-04-27T10:10:00Z');
const PICO = 10n ** 12n;
const CALLER = 'gateway';

describe('a spend that names a hold', () => {
  let db: TestDatabase;
  let clock: TestClock;
  let log: SpendLog;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, NOW);
    log = openTestLog(db.database);
  });
  afterEach(() => db.drop());

  it('settles it: what was held is held until it is projected, and then it is spent', async () => {
    const hold = await take();
    await recorder().record(spendOf(hold.holdId, 3n), CALLER);
    expect(await outcomes()).toEqual(['settled']);
    expect(await held()).toEqual({ taken: '3.00', flipped: undefined });
    await projectLog(db.database);
    expect(await held()).toEqual({ taken: '3.00', flipped: '3.00' });
    expect(await projectionDifferences(db.database)).toEqual([]);
    expect(await outbox()).toBe(0);
  });

  it('settles it once: of two spends one, and the other flips nothing', async () => {
    const hold = await take();
    await Promise.all([
      recorder().record(spendOf(hold.holdId, 3n), CALLER),
      recorder().record(spendOf(hold.holdId, 2n), CALLER),
    ]);
    expect((await outcomes()).sort()).toEqual(['ended', 'settled']);
  });

  it('settles it after its expiry too, though the money was given away', async () => {
    const hold = await take();
    await clock.set(EXPIRY);
    await recorder().record(spendOf(hold.holdId, 3n), CALLER);
    expect(await outcomes()).toEqual(['settled']);
    expect(await held()).toEqual({ taken: '3.00', flipped: undefined });
    const row = await db.database.kysely.selectFrom('hold').select('late').executeTakeFirst();
    expect(row).toEqual({ late: true });
  });

  it.each([
    ['is of another scope', 'foreign', { ...ML, keyId: 'key-7' }, CALLER],
    ['is of another caller', 'foreign', ML, 'somebody'],
  ])('is only marked when the hold %s', async (_why, outcome, scope, caller) => {
    const hold = await take();
    await recorder().record(spendOf(hold.holdId, 3n, scope), caller);
    expect(await outcomes()).toEqual([outcome]);
    expect(await held()).toEqual({ taken: '4.00', flipped: undefined });
  });

  it.each(['no hold of ours', newHoldId(3, instantOf(NOW))])(
    'is only marked when the hold is not known: %s',
    async (holdId) => {
      await recorder().record(spendOf(holdId, 3n), CALLER);
      expect(await outcomes()).toEqual(['unknown']);
      expect(await outbox()).toBe(0);
    },
  );

  it('is appended by the relay when its recorder has died, and by a retry with the same stamp', async () => {
    const hold = await take();
    const reported = spendOf(hold.holdId, 3n);
    const dying = recorder(dyingLog(() => Promise.reject(new Error('killed'))));
    await expect(dying.record(reported, CALLER)).rejects.toThrow('killed');
    expect(await outbox()).toBe(1);
    expect(await held()).toEqual({ taken: '3.00', flipped: undefined });
    expect(await recorder().record(reported, CALLER)).toMatchObject({ duplicate: true });
    expect(await relay().relayOnce()).toBe(1);
    expect(await outcomes()).toEqual(['settled', 'settled']);
    await projectLog(db.database);
    expect(await held()).toEqual({ taken: '3.00', flipped: '3.00' });
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('is appended twice when the relay dies after its append, and counts once', async () => {
    const hold = await take();
    const dying = recorder(dyingLog(() => Promise.reject(new Error('killed'))));
    await expect(dying.record(spendOf(hold.holdId, 3n), CALLER)).rejects.toThrow('killed');
    const afterAppend = async (records: readonly NewRecord[]) => {
      await log.append(records);
      throw new Error('killed');
    };
    await expect(relay(dyingLog(afterAppend)).relayOnce()).rejects.toThrow('killed');
    expect(await outbox()).toBe(1);
    expect(await relay().relayOnce()).toBe(1);
    expect(await outcomes()).toEqual(['settled', 'settled']);
    await projectLog(db.database);
    expect(await held()).toEqual({ taken: '3.00', flipped: '3.00' });
  });

  const dyingLog = (append: SpendLog['append']): SpendLog =>
    Object.assign(openTestLog(db.database), { append });
  const recorder = (to = log) =>
    new SpendRecorder(
      db.database,
      to,
      new ClaimRestoration(db.database),
      TEST_PARTITIONS,
      new RecordingRounds({ maxBatch: 100, maxQueue: 100, recordWaitMs: 30_000 }),
    );
  const relay = (to = log) =>
    new OutboxRelay(db.database, to, {
      pollMs: 10,
      retryMs: 10,
      maxBatch: 10,
      onError: () => undefined,
    });

  /** A hold of 4 for ten minutes. */
  async function take(): Promise<Hold> {
    const now = await clock.now();
    const hold: Hold = {
      ...BARE_HOLD,
      scope: ML,
      amountPico: 4n * PICO,
      caller: CALLER,
      holdId: newHoldId(partitionOfScope(ML, TEST_PARTITIONS), now),
      createdAt: now,
      expiresAt: EXPIRY,
    };
    await db.database.atomically(async (client) => {
      await lockAccounts(client, heldAccountsOf(ML, TEST_PARTITIONS));
      const book = new HoldBook(now, TEST_PARTITIONS, []);
      book.take(hold);
      await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 0 });
    });
    return hold;
  }

  /** What records on the log say of their holds. */
  async function outcomes(): Promise<(string | undefined)[]> {
    const rows = await db.database.kysely.selectFrom('log_record').select('headers').execute();
    return rows.map(({ headers }) => headers['ce_holdoutcome']);
  }

  async function outbox(): Promise<number> {
    return (await db.database.kysely.selectFrom('outbox').select('id').execute()).length;
  }

  /** Of the team. */
  async function held() {
    const { kysely } = db.database;
    const accounts = kysely.selectFrom('held_account').where('account', '=', 'team:ml');
    const [{ taken }, balance] = [
      await accounts.select('taken').executeTakeFirstOrThrow(),
      await kysely.selectFrom('team_balance').select('flipped').executeTakeFirst(),
    ];
    return { taken, flipped: balance?.flipped };
  }
});

function spendOf(holdId: string, amount: bigint, scope = ML) {
  const spend: Spend = {
    id: randomUUID(),
    source: 'gateway',
    time: instantOf(NOW),
    scope,
    currency: 'USD',
    amountPico: amount * PICO,
    basis: 'exact',
    holdId,
  };
  return { spend, extensions: {} };
}
