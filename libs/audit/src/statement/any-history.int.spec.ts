import fc from 'fast-check';
import { sql } from 'kysely';
import {
  formatInstant,
  instantOf,
  monthsBetween,
  picoOfDecimal,
  type Instant,
  type Scope,
} from '#libs/ledger';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  propertyOptions,
  relayingOutbox,
  spendRecord,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { closeMonth } from './close-month';
import { readStatement } from './read-statement';
import type { EntryBounds, Line, TeamStatement } from './statement';

const DAY = 86_400_000_000n;
const BEGIN = instantOf('2026-01-15T00:00:00Z');
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu'];
const SCOPES: readonly Scope[] = [
  { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' },
  { type: 'team', teamId: 'ml' },
  { type: 'team', teamId: 'ops', userId: 'alice' },
  { type: 'user', userId: 'alice', keyId: 'k' },
];

/** Something is recorded, or a month is closed, some hours after what was before it. */
interface Step {
  readonly hours: number;
  readonly does: 'spend' | 'correct' | 'close';
  readonly scope: Scope;
  readonly amount: string | undefined;
  readonly model: string | undefined;
  /** How long before it the money was spent. */
  readonly lateDays: number;
  /** Which of the spends is corrected, which of the months is closed. */
  readonly which: number;
}

const steps: fc.Arbitrary<Step> = fc.record({
  hours: fc.integer({ min: 0, max: 24 * 12 }),
  does: fc.constantFrom('spend', 'spend', 'spend', 'correct', 'correct', 'close'),
  scope: fc.constantFrom(...SCOPES),
  amount: fc.option(fc.constantFrom('0.00', '1.00', '20.000000000001'), {
    nil: undefined,
    freq: 5,
  }),
  model: fc.constantFrom('a', 'b', undefined),
  lateDays: fc.constantFrom(0, 0, 3, 20, 45, 90),
  which: fc.nat(),
});

/**
 * Whatever is spent, comes late, is corrected and is closed, in whatever order: each entry is in the statement of one
 * month, so that they add up to the balance; what one month leaves the next one begins with; a closed month says the same
 * for ever; and the entries of each line are those that its bounds find.
 */
describe('statements of any history', () => {
  let db: TestDatabase;
  let clock: TestClock;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, formatInstant(BEGIN));
  });
  afterEach(() => db.drop());

  it('add up to the balances, and never change once a month is closed', async () => {
    await fc.assert(
      fc
        .asyncProperty(
          fc.array(steps, { minLength: 4, maxLength: 30 }),
          fc.constantFrom(...ZONES),
          async (history, zone) => {
            const frozen = await play(history, zone);
            const all = await statements(zone);
            for (const [name, said] of frozen) expect([name, all.get(name)]).toEqual([name, said]);
            await expectChain([...all.values()]);
            for (const teams of all.values()) {
              for (const team of teams) await expectTraceable(team);
            }
          },
        )
        .beforeEach(async () => {
          await db.drop();
          db = await createTestDatabase();
          clock = await TestClock.of(db.database, formatInstant(BEGIN));
        }),
      propertyOptions(6),
    );
  });

  /** @returns what the months that were closed, and those before them, said then */
  async function play(history: readonly Step[], zone: string) {
    const spends: ReturnType<typeof spendRecord>[] = [];
    const frozen = new Map<string, readonly TeamStatement[]>();
    let waiting: ReturnType<typeof spendRecord>[] = [];
    const record = async () => {
      const log = openTestLog(db.database);
      await log.append(waiting);
      await log.close();
      waiting = [];
      await projectLog(db.database);
    };
    for (const [n, step] of history.entries()) {
      await clock.advance(BigInt(step.hours) * (DAY / 24n));
      const now = await clock.now();
      if (step.does === 'close') {
        const months = monthsBetween(BEGIN - 100n * DAY, now, zone);
        const month = months[step.which % months.length]!;
        await record();
        const closing = closeMonth(db.database, month, 'ann', { waitMs: 20_000, pollMs: 5 });
        if ((await relayingOutbox(db.database, closing)).outcome === 'closed') {
          for (const [name, said] of await statements(zone)) {
            if (name <= month.name && !frozen.has(name)) frozen.set(name, said);
          }
        }
        await clock.advance(2_000_000n);
      } else if (step.does === 'spend' || spends.length === 0) {
        const time = now - BigInt(step.lateDays) * DAY;
        const { model } = step;
        const given = {
          id: String(n),
          time,
          recordedAt: now,
          ...(model !== undefined && { model }),
        };
        spends.push(spendRecord(step.scope, step.amount, given));
        waiting.push(spends.at(-1)!);
      } else {
        const of = spends[step.which % spends.length]!;
        const given = { id: String(n), recordedAt: now };
        waiting.push(adjustmentRecord(of, step.amount ?? 'reverse', given));
      }
    }
    await record();
    return frozen;
  }

  async function statements(zone: string): Promise<Map<string, readonly TeamStatement[]>> {
    const until = (await clock.now()) + 32n * DAY;
    const said = new Map<string, readonly TeamStatement[]>();
    for (const month of monthsBetween(BEGIN - 100n * DAY, until, zone)) {
      const { teams } = await readStatement(db.database, month, undefined, TEST_PARTITIONS);
      said.set(month.name, teams);
    }
    return said;
  }

  async function expectChain(months: readonly (readonly TeamStatement[])[]): Promise<void> {
    const balances = await db.database.kysely
      .selectFrom('team_balance')
      .select(['team_id', 'spent'])
      .execute();
    for (const { team_id, spent } of balances) {
      let before = 0n;
      for (const teams of months) {
        const team = teams.find(({ teamId }) => teamId === team_id);
        expect(team?.openingPico ?? 0n).toBe(before);
        before = team?.closingPico ?? before;
      }
      expect(before).toBe(picoOfDecimal(spent));
    }
  }

  async function expectTraceable(team: TeamStatement): Promise<void> {
    const lines: readonly Line[] = [
      ...[team.spends, team.corrections],
      ...[team.spends, team.corrections].flatMap((part) => [...part.byModel, ...part.byMember]),
      ...team.adjustments.flatMap(({ spends, corrections }) => [spends, corrections]),
    ];
    for (const { amountPico, count, entries } of lines) {
      expect(await found(entries)).toEqual({ amountPico, count });
    }
  }

  async function found(bounds: EntryBounds): Promise<{ amountPico: bigint; count: number }> {
    const only = (name: 'model' | 'userId', column: string) =>
      bounds[name] === undefined
        ? sql`true`
        : sql`${sql.ref(column)} is not distinct from ${bounds[name]}`;
    const time = (bound: Instant | null | undefined, column: string, how: string) =>
      bound === undefined || bound === null
        ? sql`true`
        : sql`${sql.ref(column)} ${sql.raw(how)} ${formatInstant(bound)}::timestamptz`;
    const { rows } = await sql<{ amount: string; count: bigint }>`
      select coalesce(sum(amount), 0) as amount, count(*) as count from spend_event
      where scope_type = 'team' and team_id = ${bounds.teamId}
        and (adjusts_key is null) = ${bounds.kind === 'spend'}
        and ${only('model', 'model')} and ${only('userId', 'user_id')}
        and ${time(bounds.from, 'time', '>=')} and ${time(bounds.to, 'time', '<')}
        and ${time(bounds.knownAfter, 'known_at', '>')} and ${time(bounds.knownFrom, 'known_at', '>=')}
        and ${time(bounds.knownBefore, 'known_at', '<')} and ${time(bounds.knownAt, 'known_at', '<=')}`.execute(
      db.database.kysely,
    );
    return { amountPico: picoOfDecimal(rows[0]!.amount), count: Number(rows[0]!.count) };
  }
});
