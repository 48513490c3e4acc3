import { sql } from 'kysely';
import { BudgetedTargets } from '#libs/balances';
import { heldAccountsOf, lockAccounts } from '#libs/holds';
import { formatMoney, NO_PRICES, type Scope } from '#libs/ledger';
import { createTestDatabase, TestClock, untilSessionsWait, type TestDatabase } from '#libs/testing';
import type { Database } from '#libs/postgres';
import { contentHash } from '#libs/wire';
import type { Decision } from '../decision';
import { recordExpiries } from './expiry-recorder';
import { flushHolds, type FlushParts } from './flush-holds';
import type { HoldOutcome } from './hold-outcome';
import type { ExtendRequest, SettleRequest, TakeRequest } from './hold-request';

const TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' };
const PICO = 10n ** 12n;

describe('a flush of holds', () => {
  let db: TestDatabase;
  let clock: TestClock;
  let parts: FlushParts;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, '2026-04-27T10:00:00.25Z');
    await sql`update projection_partition set caught_up_at = ledger_now()`.execute(
      db.database.kysely,
    );
    parts = partsOf(db.database);
  });

  afterEach(() => db.drop());

  it('grants one after the other what a budget has room for', async () => {
    await setLimit(db.database, 'team:ml', '10');
    const outcomes = await flushHolds(
      parts,
      Array.from({ length: 4 }, () => take(3n)),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['taken', 'taken', 'taken', 'refused']);
    expect(heldSeen(outcomes)).toEqual(['0.00', '3.00', '6.00', '9.00']);
  });

  it('is decided on what stood when the locks were had, however many waited for them', async () => {
    await setLimit(db.database, 'team:ml', '10');
    const release = await holdLocks(db.database);
    const flushes = [flushHolds(parts, [take(8n)]), flushHolds(partsOf(db.database), [take(8n)])];
    await untilSessionsWait(db.database, 2);
    await release();
    const outcomes = (await Promise.all(flushes)).flat();
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['refused', 'taken']);
  });

  it('gives money back at the second in which it expires, and not a microsecond before', async () => {
    await setLimit(db.database, 'team:ml', '10');
    const [first] = await flushHolds(parts, [take(10n, { ttlSeconds: 60 })]);
    const { hold } = first as HoldOutcome & { outcome: 'taken' };
    await clock.set(hold.expiresAt - 1n);
    expect((await flushHolds(parts, [take(1n)]))[0]!.outcome).toBe('refused');
    await clock.set(hold.expiresAt);
    expect((await flushHolds(parts, [take(10n)]))[0]!.outcome).toBe('taken');
  });

  it('knows a hold that has expired by its own time, not by when its transaction began', async () => {
    await setLimit(db.database, 'team:ml', '10');
    const [first] = await flushHolds(parts, [take(10n, { ttlSeconds: 60 })]);
    const { hold } = first as HoldOutcome & { outcome: 'taken' };
    const release = await holdLocks(db.database);
    const extending = flushHolds(parts, [extend(hold.holdId, 60)]);
    await untilSessionsWait(db.database, 1);
    await clock.set(hold.expiresAt);
    await release();
    expect((await extending)[0]!.outcome).toBe('ended');
  });

  it('never goes back behind a flush of its accounts, so that an extend revives nothing', async () => {
    await setLimit(db.database, 'team:ml', '10');
    const [first] = await flushHolds(parts, [take(10n, { ttlSeconds: 60 })]);
    const { hold } = first as HoldOutcome & { outcome: 'taken' };
    await clock.set(hold.expiresAt);
    expect((await flushHolds(parts, [take(10n)]))[0]!.outcome).toBe('taken');
    await clock.set(hold.createdAt);
    const [extended] = await flushHolds(parts, [extend(hold.holdId, 600)]);
    expect(extended!.outcome).toBe('ended');
  });

  it('leaves of a settle its claim and its record, and holds what the call cost', async () => {
    await setLimit(db.database, 'team:ml', '10');
    const [first] = await flushHolds(parts, [take(4n)]);
    const { hold } = first as HoldOutcome & { outcome: 'taken' };
    const settle: SettleRequest = {
      kind: 'settle',
      caller: 'anonymous',
      holdId: hold.holdId,
      time: undefined,
      cost: { amountPico: 6n * PICO, basis: 'exact' },
    };
    expect(await flushHolds(parts, [settle, settle])).toMatchObject([
      { outcome: 'settled', overrunPico: 2n * PICO, late: false, isRepeated: false },
      { outcome: 'settled', overrunPico: 2n * PICO, late: false, isRepeated: true },
    ]);
    expect(await db.database.kysely.selectFrom('outbox').selectAll().execute()).toHaveLength(1);
    expect(await db.database.kysely.selectFrom('event_claim').selectAll().execute()).toHaveLength(
      1,
    );
    const [refused] = await flushHolds(parts, [take(5n)]);
    expect(heldSeen([refused!])).toEqual(['6.00']);
    expect(refused!.outcome).toBe('refused');
  });

  it('grants nothing before its process has caught up, and ends holds all the same', async () => {
    const [first] = await flushHolds(parts, [take(4n)]);
    const { hold } = first as HoldOutcome & { outcome: 'taken' };
    const behind = { ...parts, isCaughtUp: () => false };
    const release = { kind: 'release', caller: 'anonymous', holdId: hold.holdId } as const;
    expect(await flushHolds(behind, [take(1n), release])).toMatchObject([
      { outcome: 'behind' },
      { outcome: 'released', amountPico: 4n * PICO },
    ]);
  });

  it('settles nothing before its process has caught up with a log elsewhere, and says what was settled', async () => {
    const [first, second] = await flushHolds(parts, [take(4n), take(4n)]);
    const settleOf = (taken: HoldOutcome<Decision> | undefined): SettleRequest => ({
      kind: 'settle',
      caller: 'anonymous',
      holdId: (taken as { hold: { holdId: string } }).hold.holdId,
      time: undefined,
      cost: { amountPico: PICO, basis: 'exact' },
    });
    await flushHolds(parts, [settleOf(first)]);
    const behind = { ...parts, isCaughtUp: () => false, isLogElsewhere: true };
    expect(await flushHolds(behind, [settleOf(first), settleOf(second)])).toMatchObject([
      { outcome: 'settled', isRepeated: true },
      { outcome: 'behind' },
    ]);
    expect(
      await flushHolds({ ...behind, isCaughtUp: () => true }, [settleOf(second)]),
    ).toMatchObject([{ outcome: 'settled', isRepeated: false }]);
  });

  it('knows the requests that came with a key before a hold could say what its expiry does', async () => {
    const [taken] = await flushHolds(parts, [take(1n, { idempotencyKey: 'k-1' })]);
    const { hold } = taken as HoldOutcome & { outcome: 'taken' };
    expect(hold.idempotency!.bodyHash).toBe(
      contentHash({ scope: TEAM, amount: '1.00', ttlSeconds: 600, requestId: null }),
    );
  });

  it('records no expiry before its process has caught up with a log elsewhere', async () => {
    const [taken] = await flushHolds(parts, [take(4n, { ttlSeconds: 1, onExpiry: 'charge' })]);
    const { hold } = taken as HoldOutcome & { outcome: 'taken' };
    await clock.set(hold.expiresAt);
    const behind = { ...parts, isCaughtUp: () => false, isLogElsewhere: true };
    expect(await recordExpiries(behind, 10)).toEqual({ found: 1, made: [] });
    expect(await recordExpiries(parts, 10)).toEqual({ found: 1, made: ['charge'] });
  });

  it('answers the same to the same key, and another body with a refusal', async () => {
    const keyed = { idempotencyKey: 'k-1' };
    const [one, two, other] = await flushHolds(parts, [
      take(1n, keyed),
      take(1n, keyed),
      take(2n, keyed),
    ]);
    expect(two).toMatchObject({ outcome: 'taken', isRepeated: true });
    expect((two as { hold: unknown }).hold).toEqual((one as { hold: unknown }).hold);
    expect(other!.outcome).toBe('key_reused');
    const [again] = await flushHolds(parts, [take(1n, keyed)]);
    expect(again).toEqual({ ...one, isRepeated: true });
  });
});

function partsOf(database: Database): FlushParts {
  return {
    database,
    currency: 'USD',
    isCaughtUp: () => true,
    isLogElsewhere: false,
    slot: 0,
    gateAttempts: 5,
    budgeted: new BudgetedTargets(),
    policy: { partitions: 12, unbudgeted: 'allow', maxLagMs: 1e9 },
    keeper: { idOf: () => null },
    prices: NO_PRICES,
  };
}

function take(amount: bigint, more: Partial<TakeRequest> = {}): TakeRequest {
  return {
    kind: 'take',
    caller: 'anonymous',
    scope: TEAM,
    amountPico: amount * PICO,
    ttlSeconds: 600,
    requestId: null,
    idempotencyKey: null,
    onExpiry: 'release',
    ...more,
  };
}

function extend(holdId: string, ttlSeconds: number): ExtendRequest {
  return { kind: 'extend', caller: 'anonymous', holdId, ttlSeconds, amountPico: undefined };
}

/** Locks the team's held money as a flush that stands still does. @returns what ends it */
async function holdLocks(database: Database): Promise<() => Promise<void>> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let locked = (): void => undefined;
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const all = database.atomically(async (client) => {
    await lockAccounts(client, heldAccountsOf(TEAM, 12));
    locked();
    await ended;
  });
  await isLocked;
  return () => {
    end();
    return all;
  };
}

async function setLimit({ kysely }: Database, account: string, limit: string): Promise<void> {
  const definition = JSON.stringify({
    account,
    limit,
    window: { type: 'total' },
    warnAt: [],
    enforce: true,
    outage: 'closed',
  });
  await sql`
    insert into budget_revision (partition, budget_id, revision, account, definition, superseded,
      log_offset, recorded_at, known_at, caller)
    values (0, 'b', 1, ${account}, ${definition}, false, 0, ledger_now(), ledger_now(), 'test')`.execute(
    kysely,
  );
}

/** What each decision shows as held. */
function heldSeen(outcomes: readonly HoldOutcome<Decision>[]): string[] {
  return outcomes.map((outcome) =>
    'decision' in outcome ? formatMoney(outcome.decision.budgets[0]!.heldPico) : outcome.outcome,
  );
}
