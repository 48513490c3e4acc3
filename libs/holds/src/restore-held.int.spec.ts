import fc from 'fast-check';
import { sql } from 'kysely';
import { formatInstant, formatMoney, instantOf, picoOfDecimal, type Scope } from '#libs/ledger';
import { claimIntoOutbox } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  createTestDatabase,
  emptyProjection,
  logRecords,
  projectBatch,
  propertyOptions,
  spendRecord,
  TEST_PARTITIONS,
  untilSessionsWait,
  type TestDatabase,
} from '#libs/testing';
import { eventKeyOf, HOLDS_SOURCE } from '#libs/wire';
import type { Hold } from './hold';
import { heldAccountsOf } from './held-places';
import { HoldBook } from './hold-book';
import { lockAccounts } from './lock-accounts';
import { readHolds } from './read-holds';
import { amending, backedUpHold, PAST, settling, TAKEN_AT } from './restored-hold.fixture';
import { writeBook } from './write-book';

const ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const SCOPES: readonly Scope[] = [
  ML,
  { type: 'team', teamId: 'ml', userId: 'bob', keyId: 'k' },
  { type: 'user', userId: 'alice', keyId: 'k' },
];
const FUTURE = instantOf('2999-01-01T00:00:00Z');

/** A hold as a backup has it, and what the log says of it since. */
interface Fate {
  readonly scope: Scope;
  readonly amount: number;
  readonly inBackup: 'active' | 'expired' | 'released' | 'settled' | 'unknown';
  /** What the spend that settled it cost; none: of unknown cost. */
  readonly since: 'nothing' | number | undefined;
}

const fates: fc.Arbitrary<Fate> = fc.record({
  scope: fc.constantFrom(...SCOPES),
  amount: fc.integer({ min: 1, max: 9 }),
  inBackup: fc.constantFrom('active', 'expired', 'released', 'settled', 'unknown'),
  since: fc.oneof(
    fc.constant('nothing' as const),
    fc.integer({ min: 0, max: 20 }),
    fc.constant(undefined),
  ),
});

describe('held money of a backup, once the log has been read', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it('is what a hold takes that is active still, once it was settled since', async () => {
    const [settled, active] = [backedUpHold(ML, 5, FUTURE), backedUpHold(ML, 3, FUTURE)];
    await write([settled, active]);
    await restore([settling(settled, 2)]);
    expect(await heldOf('team:ml')).toBe('3.00');
    const [hold] = await readHolds(db.database, { ids: [settled.holdId], keys: [] });
    expect(hold!.end).toMatchObject({
      state: 'settling',
      late: false,
      actualPico: picoOfDecimal('2'),
      bodyHash: null,
      event: { source: HOLDS_SOURCE, id: settled.holdId },
    });
  });

  // Hypothesis: some hold of a backup counts twice, is given back twice, or holds what is spent.
  it('is that of the holds that live and were not settled, whatever became of the others', async () => {
    const restored = async (given: Fate[]) => {
      await emptyProjection(db.database);
      await sql`truncate held_account, held_expiry, hold, outbox`.execute(db.database.kysely);
      const records: NewRecord[] = [];
      let expected = 0;
      for (const { scope, amount, inBackup, since } of given) {
        const hold = backedUpHold(scope, amount, inBackup === 'expired' ? PAST : FUTURE);
        if (inBackup !== 'unknown') await write([hold]);
        if (inBackup === 'released') await change(hold, (book) => book.release(hold));
        const cost = since === 'nothing' ? undefined : since;
        const record = settling(hold, cost);
        if (inBackup === 'settled') await settleNow(hold, cost);
        if (inBackup === 'settled' || since !== 'nothing') records.push(record, record);
        const lives = inBackup === 'active' && since === 'nothing';
        if (lives && 'teamId' in scope) expected += amount;
      }
      await restore(records);
      expect(await heldOf('team:ml')).toBe(formatMoney(picoOfDecimal(String(expected))));
      const { rows } = await sql`select from held_account where taken < 0`.execute(
        db.database.kysely,
      );
      expect(rows).toEqual([]);
    };
    const property = fc.asyncProperty(fc.array(fates, { maxLength: 6 }), restored);
    await fc.assert(property, propertyOptions(25));
  });

  it.each([
    ['as its expiry said', [], 'recorded', '5'],
    ['as its caller amended it', ['amend'], 'amended', '2'],
    ['as its caller amended it, told twice', ['amend', 'amend'], 'amended', '2'],
  ] as const)('is what was charged, %s', async (_, since, expiryEvent, actual) => {
    const hold: Hold = { ...backedUpHold(ML, 5, PAST), onExpiry: 'charge' };
    await write([hold]);
    const charged = settling(hold, 5, 'charge');
    await restore([charged, ...since.map(() => amending(hold, 2))]);
    expect(await heldOf('team:ml')).toBe('0.00');
    const [found] = await readHolds(db.database, { ids: [hold.holdId], keys: [] });
    expect(found!.end).toMatchObject({
      expiryEvent,
      late: true,
      actualPico: picoOfDecimal(actual),
      event: { source: HOLDS_SOURCE, id: hold.holdId },
    });
  });

  it.each([
    ['before', [0, 1, 2]],
    ['after', [0, 2, 1]],
  ] as const)(
    'is nothing of a hold that a spend has settled after all, %s the charge was taken back',
    async (_, order) => {
      const hold: Hold = { ...backedUpHold(ML, 5, PAST), onExpiry: 'charge' };
      await write([hold]);
      const spend = spendRecord(ML, '3', {
        source: 'gateway',
        id: hold.holdId,
        holdId: hold.holdId,
        holdOutcome: 'settled',
      });
      const records = [settling(hold, 5, 'charge'), spend, amending(hold, undefined)];
      await restore(order.map((n) => records[n]!));
      expect(await heldOf('team:ml')).toBe('0.00');
      const [found] = await readHolds(db.database, { ids: [hold.holdId], keys: [] });
      expect(found!.end).toMatchObject({ expiryEvent: 'amended' });
    },
  );

  it('does not wait crosswise with a flush that settles the same hold', async () => {
    const hold = backedUpHold(ML, 5, FUTURE);
    await write([hold]);
    let restoring: Promise<unknown> | undefined;
    await db.database.atomically(async (client) => {
      await lockAccounts(client, heldAccountsOf(ML, TEST_PARTITIONS));
      restoring = restore([settling(hold, 2)]);
      await untilSessionsWait(db.database, 1);
      await claim(client, hold, 2);
    });
    await restoring;
    expect(await heldOf('team:ml')).toBe('3.00');
  });

  async function restore(records: readonly NewRecord[]): Promise<void> {
    for (const all of Map.groupBy(records, ({ partition }) => partition).values()) {
      expect(await projectBatch(db.database, logRecords(all), undefined, true)).toBe('applied');
    }
  }

  function write(holds: readonly Hold[]): Promise<void> {
    return changeAll(holds[0]!.scope, [], (book) => holds.forEach((hold) => book.take(hold)));
  }

  function change(hold: Hold, how: (book: HoldBook) => void): Promise<void> {
    return changeAll(hold.scope, [hold], how);
  }

  function changeAll(scope: Scope, known: Hold[], how: (book: HoldBook) => void): Promise<void> {
    return db.database.atomically(async (client) => {
      await lockAccounts(client, heldAccountsOf(scope, TEST_PARTITIONS));
      const book = new HoldBook(TAKEN_AT, TEST_PARTITIONS, known);
      how(book);
      await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 0 });
    });
  }

  /** As auth does it: the claim stands in the transaction of what it changes. */
  function settleNow(hold: Hold, cost: number | undefined): Promise<void> {
    return db.database.atomically(async (client) => {
      await lockAccounts(client, heldAccountsOf(hold.scope, TEST_PARTITIONS));
      const book = new HoldBook(TAKEN_AT, TEST_PARTITIONS, [hold]);
      book.settle(hold, {
        event: { source: HOLDS_SOURCE, id: hold.holdId },
        actualPico: cost === undefined ? undefined : picoOfDecimal(String(cost)),
        basis: 'exact',
        bodyHash: null,
        pools: { labels: hold.labels },
        model: null,
      });
      await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 0 });
      await claim(client, hold, cost);
    });
  }

  async function claim(
    client: Parameters<typeof claimIntoOutbox>[0],
    hold: Hold,
    cost: number | undefined,
  ): Promise<void> {
    const { partition, ...record } = settling(hold, cost);
    const eventKey = eventKeyOf({ source: HOLDS_SOURCE, id: hold.holdId });
    const claimed = { eventKey, partition, record, contentHash: 'as claimed' };
    await claimIntoOutbox(client, [claimed], formatInstant(TAKEN_AT));
  }

  /** What was taken and neither became spend nor is due. */
  async function heldOf(account: string): Promise<string> {
    const { rows } = await sql<{ held: string }>`
      select (
        coalesce((select sum(taken) from held_account where account = ${account}), 0)
        - coalesce((select sum(amount) from held_expiry expiry join held_account held using (partition, account)
            where account = ${account} and expires_at > counted_to and expires_at <= ledger_now()), 0)
        - coalesce((select sum(flipped) from team_balance where 'team:' || team_id = ${account}), 0)
      )::text as held`.execute(db.database.kysely);
    return formatMoney(picoOfDecimal(rows[0]!.held));
  }
});
