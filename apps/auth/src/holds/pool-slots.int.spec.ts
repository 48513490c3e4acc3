import { sql } from 'kysely';
import { listHolds } from '#libs/holds';
import { contentHash } from '#libs/wire';
import type { HoldRequest } from './hold-request';
import {
  accountOf,
  ACME,
  extendOf,
  PICO,
  PoolFlushers,
  releaseOf,
  settleOf,
  take,
  TEAM,
  type Taken,
} from './pool-flushers.fixture';

describe('holds on pools', () => {
  let flushers: PoolFlushers;

  beforeEach(async () => {
    flushers = await PoolFlushers.start();
  });
  afterEach(() => flushers.stop());

  it('are the sum of what any slot took and any other gave back, and never below nothing', async () => {
    const [one, two] = (await flushers.flush(0, [take(TEAM, 4n), take(TEAM, 3n)])) as [
      Taken,
      Taken,
    ];
    await flushers.flush(1, [releaseOf(one)]);
    await flushers.flush(2, [extendOf(two, 5n)]);
    expect(await slots('label:org/acme')).toEqual(['7.00', '-4.00', '2.00']);
    expect(await flushers.heldOf('label:org/acme')).toBe('5.00');
    await flushers.flush(1, [releaseOf(two)]);
    expect(await flushers.heldOf('ledger')).toBe('0.00');
  });

  it('are free at the second in which they expire, in whatever slots they were moved', async () => {
    await flushers.setLimit('ledger', '10');
    const [one] = (await flushers.flush(0, [take(TEAM, 4n)])) as [Taken];
    const [two] = (await flushers.flush(1, [take(TEAM, 6n)])) as [Taken];
    await flushers.flush(2, [extendOf(one, 3n), releaseOf(two), take(TEAM, 7n)]);
    await flushers.clock.set(one.hold.expiresAt - 1n);
    expect((await flushers.flush(0, [take(TEAM, 1n)]))[0]!.outcome).toBe('refused');
    await flushers.clock.set(one.hold.expiresAt);
    const again = await flushers.flush(1, [take(TEAM, 10n), take(TEAM, 1n)]);
    expect(again.map(({ outcome }) => outcome)).toEqual(['taken', 'refused']);
    expect(await flushers.heldOf('ledger')).toBe('10.00');
  });

  it('hold until its event flips what is charged at its expiry', async () => {
    const [one] = (await flushers.flush(0, [
      take(TEAM, 4n, { ttlSeconds: 1, onExpiry: 'charge' }),
    ])) as [Taken];
    await flushers.clock.set(one.hold.expiresAt + 1n);
    await flushers.flush(1, [
      { kind: 'expire', holdId: one.hold.holdId, caller: 'anonymous' },
    ] as never);
    expect(await flushers.heldOf('label:org/acme')).toBe('4.00');
    const { headers, value } = await flushers.outbox();
    expect(headers).toMatchObject({ ce_ledgerpools: 'yes', ce_holdoutcome: 'settled' });
    expect(JSON.parse(value.toString())).toMatchObject({ labels: { org: 'acme' } });
  });

  it('show a person held what she holds from before there was a budget on her', async () => {
    await flushers.flush(0, [
      take(TEAM, 4n),
      take({ type: 'team', teamId: 'ops', userId: 'alice' }, 2n),
    ]);
    await flushers.setLimit('person:alice', '6');
    expect(await flushers.heldOf('person:alice')).toBe('6.00');
    const [refused] = await flushers.flush(1, [take({ type: 'user', userId: 'alice' }, 1n)]);
    expect(refused).toMatchObject({
      outcome: 'refused',
      decision: { budgets: [{ heldPico: 6n * PICO }] },
    });
  });

  it('decide within one flush with what it has granted on labels, persons and the ledger', async () => {
    await flushers.setLimit('person:alice', '5');
    const others = { type: 'user', userId: 'alice' } as const;
    const outcomes = await flushers.flush(0, [take(TEAM, 3n), take(others, 3n), take(others, 2n)]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['taken', 'refused', 'taken']);
  });

  it('count on their owners alone where they are from before pools, and their settles too', async () => {
    const [old] = await takenBeforePools(4n);
    await flushers.flush(1, [settleOf(old!, 3n)]);
    expect(await flushers.heldOf('team:ml')).toBe('3.00');
    expect(await flushers.heldOf('person:alice')).toBe('3.00');
    expect(await flushers.heldOf('ledger')).toBe('0.00');
    expect(Object.keys((await flushers.outbox()).headers)).not.toContain('ce_ledgerpools');
  });

  it('are taken there whole when they are extended, where they are from before pools', async () => {
    const [old, small] = await takenBeforePools(4n, 1n);
    await flushers.setLimit('ledger', '10');
    expect(await outcomesOf(0, extendOf(old!, 6n))).toEqual(['extended']);
    expect(await flushers.heldOf('ledger')).toBe('6.00');
    expect(await outcomesOf(1, take(TEAM, 5n), extendOf(small!, 5n), take(TEAM, 3n))).toEqual([
      'refused',
      'refused',
      'taken',
    ]);
    expect(await flushers.heldOf('ledger')).toBe('10.00');
    await flushers.flush(2, [releaseOf(small!), settleOf(old!, 2n)]);
    expect(await flushers.heldOf('ledger')).toBe('5.00');
    expect(await flushers.heldOf('team:ml')).toBe('5.00');
    expect((await flushers.outbox()).headers).toMatchObject({ ce_ledgerpools: 'yes' });
    await flushers.clock.set(old!.hold.expiresAt + 3_600_000_000n);
    expect(await flushers.heldOf('ledger')).toBe('2.00');
  });

  it('pass no limit there by extensions of holds from before pools, by any number of auths', async () => {
    const old = await takenBeforePools(...Array.from({ length: 6 }, () => 1n));
    await flushers.setLimit('ledger', '12');
    const outcomes = await Promise.all(old.map((one, n) => outcomesOf(n % 3, extendOf(one, 4n))));
    expect(outcomes.flat().filter((outcome) => outcome === 'extended')).toHaveLength(3);
    // The others are held there as they are.
    expect(await flushers.heldOf('ledger')).toBe('15.00');
    expect(await flushers.heldOf('team:ml')).toBe('15.00');
  });

  it('are kept with labels and model, listed by them, and settled as of them', async () => {
    const [one] = (await flushers.flush(0, [take(TEAM, 4n, { model: 'gpt-5' })])) as [Taken];
    await flushers.flush(1, [take({ type: 'user', userId: 'bob' }, 1n, { labels: undefined })]);
    const { holdId } = one.hold;
    const listed = await Promise.all(
      ['label:org/acme', 'person:alice', 'ledger', 'label:org/beta'].map((name) =>
        listHolds(flushers.db.database, {
          account: accountOf(name),
          state: undefined,
          after: undefined,
          limit: 9,
        }),
      ),
    );
    expect(listed.map((holds) => holds.length)).toEqual([1, 1, 2, 0]);
    expect(listed[0]![0]!.hold).toMatchObject({ holdId, labels: ACME, model: 'gpt-5' });
    await flushers.flush(2, [settleOf(one, 2n)]);
    const { headers, value } = await flushers.outbox();
    expect(headers).toMatchObject({ ce_ledgerpools: 'yes' });
    expect(JSON.parse(value.toString())).toMatchObject({
      labels: { org: 'acme' },
      model: 'gpt-5',
    });
    expect(await flushers.heldOf('label:org/acme')).toBe('2.00');
  });

  it('have the body hash of before where they say neither labels nor a model', async () => {
    const keyed = { idempotencyKey: 'k-1', labels: undefined };
    const [bare] = (await flushers.flush(0, [take(TEAM, 1n, keyed)])) as [Taken];
    const body = { scope: TEAM, amount: '1.00', ttlSeconds: 600, requestId: null };
    expect(bare.hold.idempotency!.bodyHash).toBe(contentHash(body));
    const [other] = await flushers.flush(0, [take(TEAM, 1n, { idempotencyKey: 'k-1' })]);
    expect(other!.outcome).toBe('key_reused');
  });

  /** As an auth of then has taken them: on the accounts of their scope alone. */
  async function takenBeforePools(...amounts: readonly bigint[]): Promise<Taken[]> {
    const taken = await flushers.flush(
      0,
      amounts.map((amount) => take(TEAM, amount, { labels: undefined })),
    );
    const { kysely } = flushers.db.database;
    await sql`update hold set on_pools = false`.execute(kysely);
    await sql`delete from pool_held`.execute(kysely);
    await sql`delete from pool_expiry`.execute(kysely);
    return taken as Taken[];
  }

  async function outcomesOf(n: number, ...requests: readonly HoldRequest[]): Promise<string[]> {
    return (await flushers.flush(n, requests)).map(({ outcome }) => outcome);
  }

  async function slots(account: string): Promise<string[]> {
    const rows = await flushers.db.database.kysely
      .selectFrom('pool_held')
      .select('taken')
      .where('account', '=', account)
      .orderBy('slot')
      .execute();
    return rows.map(({ taken }) => Number(taken).toFixed(2));
  }
});
