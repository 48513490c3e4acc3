import { instantOf, parseAccount, type Account, type Labels, type Scope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  asAnotherSession,
  BARE_HOLD,
  createTestDatabase,
  rowsRead,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import type { Hold } from './hold';
import { HoldBook } from './hold-book';
import { newHoldId } from './hold-id';
import { heldAccountsOf } from './held-places';
import { lockAccounts } from './lock-accounts';
import { readExpiries } from './read-expiries';
import { writeBook } from './write-book';

const PICO = 10n ** 12n;
const SECOND = 1_000_000n;
const NOW = instantOf('2026-04-27T10:00:00Z');
const ACME: Labels = new Map([['org', 'acme']]);
const TEAMS = ['ml', 'ops', 'web'];

describe('what is held, by when it expires', () => {
  let db: TestDatabase;
  /** Of one session that planned while nothing was held. */
  let asking: Database;

  beforeEach(async () => {
    db = await createTestDatabase({ autovacuum: false });
    asking = db.database.pipelinedPool({ maxConnections: 1 });
    for (let n = 0; n < 6; n++) await expiriesOf('ledger', 'person:alice');
  });
  afterEach(async () => {
    await asking.close();
    await db.drop();
  });

  it('is added up over slots, and over the accounts of a person', async () => {
    await hold(0, [team('ml'), 1, 3n], [team('ml'), 2, 3n]);
    await hold(1, [team('ops'), 1, 4n], [team('ops', 'bob'), 2, 5n], [team('ops'), 3, 6n]);
    expect(await expiriesOf('ledger', 'label:org/acme', 'person:alice', 'person:bob')).toEqual({
      ledger: ['7@1 8@2 6@3', false],
      'label:org/acme': ['7@1 8@2 6@3', false],
      'person:alice': ['7@1 3@2 6@3', false],
      'person:bob': ['5@2', false],
    });
  });

  it('is none of what another slot gave back', async () => {
    const [one] = await hold(0, [team('ml'), 1, 3n], [team('ml'), 2, 3n]);
    await release(1, one!);
    expect(await expiriesOf('ledger')).toEqual({ ledger: ['3@2', false] });
  });

  it('says when there may be more: what is beyond the most of one slot is not known', async () => {
    await hold(0, [team('ml'), 1, 1n], [team('ml'), 4, 1n], [team('ml'), 5, 1n]);
    await hold(1, [team('ml'), 2, 1n], [team('ml'), 3, 1n], [team('ml'), 6, 1n]);
    expect(await expiriesOf('ledger', 3)).toEqual({ ledger: ['1@1 1@2 1@3', true] });
    expect(await expiriesOf('ledger', 4)).toEqual({ ledger: ['1@1 1@2 1@3 1@4', true] });
    expect(await expiriesOf('ledger', 7)).toEqual({
      ledger: ['1@1 1@2 1@3 1@4 1@5 1@6', false],
    });
  });

  it('reads no more rows for all that expires later', async () => {
    for (const [slot, teamId] of TEAMS.entries()) {
      const later = Array.from({ length: 500 }, (_, n) => [team(teamId), n + 1, 1n] as const);
      await hold(slot, ...later);
    }
    for (const name of ['ledger', 'label:org/acme', 'person:alice']) {
      const before = await rowsOfExpiries();
      const { [name]: read } = await expiriesOf(name, 5);
      expect(read).toEqual(['3@1 3@2 3@3 3@4 3@5', true]);
      expect((await rowsOfExpiries()) - before).toBeLessThanOrEqual(TEAMS.length * 6);
    }
  });

  /** As `amount@seconds`. */
  async function expiriesOf(
    ...given: readonly (string | number)[]
  ): Promise<Record<string, unknown>> {
    const names = given.filter((one) => typeof one === 'string');
    const most = given.find((one) => typeof one === 'number') ?? 100;
    const read = await readExpiries(asking, names.map(accountOf), TEST_PARTITIONS, NOW, most);
    return Object.fromEntries(
      [...read].map(([name, { next, hasMore }]) => [
        name,
        [
          next.map(({ at, amountPico }) => `${amountPico / PICO}@${(at - NOW) / SECOND}`).join(' '),
          hasMore,
        ],
      ]),
    );
  }

  async function rowsOfExpiries(): Promise<number> {
    return (await rowsRead(asking, 'pool_expiry')) + (await rowsRead(asking, 'held_expiry'));
  }

  type Given = readonly [scope: Scope, seconds: number, amount: bigint];

  async function hold(slot: number, ...all: readonly Given[]): Promise<Hold[]> {
    const holds = all.map(([scope, seconds, amount], n): Hold => ({
      ...BARE_HOLD,
      scope,
      labels: ACME,
      amountPico: amount * PICO,
      caller: 'test',
      holdId: newHoldId(0, NOW + BigInt(n)),
      createdAt: NOW,
      expiresAt: NOW + BigInt(seconds) * SECOND,
    }));
    await write(slot, holds, (book) => holds.forEach((one) => book.take(one)));
    return holds;
  }

  const release = (slot: number, one: Hold) => write(slot, [one], (book) => book.release(one));

  const write = (slot: number, holds: readonly Hold[], change: (book: HoldBook) => unknown) =>
    asAnotherSession(db.database, (other) =>
      other.atomically(async (client) => {
        await lockAccounts(
          client,
          holds.flatMap(({ scope }) => heldAccountsOf(scope, TEST_PARTITIONS)),
        );
        const book = new HoldBook(NOW, TEST_PARTITIONS, []);
        change(book);
        await writeBook(client, book, { partitions: TEST_PARTITIONS, slot });
      }),
    );
});

const team = (teamId: string, userId = 'alice'): Scope => ({ type: 'team', teamId, userId });

function accountOf(name: string): Account {
  const account = parseAccount(name, 'account');
  if (!account.ok) throw new Error(`${name} is no account`);
  return account.value;
}
