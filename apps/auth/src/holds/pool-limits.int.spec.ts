import { randomInt } from 'node:crypto';
import type { Scope } from '#libs/ledger';
import type { Database, Prepared } from '#libs/postgres';
import { propertyOptions } from '#libs/testing';
import type { Decision } from '../decision';
import { flushHolds } from './flush-holds';
import type { HoldOutcome } from './hold-outcome';
import { ACME, partsOf, PICO, PoolFlushers, take, TEAM, type Taken } from './pool-flushers.fixture';

const seed = propertyOptions().seed ?? randomInt(2 ** 31);

/** Limits on labels, on persons and on the ledger, which bind holds of any scope. */
describe(`holds under limits on pools (FC_SEED=${seed})`, () => {
  let flushers: PoolFlushers;
  let state = seed;

  beforeEach(async () => {
    flushers = await PoolFlushers.start();
  });
  afterEach(() => flushers.stop());

  it.each(['ledger', 'label:org/acme', 'person:a%2Fb%25'])(
    'never pass a limit on %s, by any number of auths',
    async (account) => {
      await flushers.setLimit(account, '20');
      const scopes = Array.from({ length: 5 }, (_, n): Scope => ({
        type: 'team',
        teamId: `t-${n}`,
        userId: 'a/b%',
      }));
      const own = { type: 'user', userId: 'a/b%' } as const;
      const outcomes = await together((n) =>
        flushers.flush(n, [take([...scopes, own][random(6)]!, 1n, { labels: ACME })]),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'taken')).toHaveLength(20);
      expect(await flushers.heldOf(account)).toBe('20.00');
    },
  );

  it('never pass a limit that is set while they are granted', async () => {
    const outcomes = await together(async (n, turn) => {
      if (turn === 10) await flushers.setLimit('ledger', '20');
      return flushers.flush(n, [take({ type: 'team', teamId: `t-${random(9)}` }, 1n)]);
    });
    const judged = outcomes.filter((one): one is Taken => isTaken(one) && isLimited(one));
    // Of those that saw it each has seen all that were granted before.
    const before = judged.map(({ decision }) => decision.budgets[0]!.heldPico);
    expect(new Set(before).size).toBe(before.length);
    expect(before.every((heldPico) => heldPico < 20n * PICO)).toBe(true);
  });

  it('begin again with the gate of a limit that came into force after they had their locks', async () => {
    const asked: string[][] = [];
    const parts = partsOf(flushers.each[0]!);
    const between = onGates(flushers.each[0]!, async (gates) => {
      asked.push(gates);
      if (asked.length === 1) await flushers.setLimit('label:org/acme', '2');
      return gates;
    });
    const [refused] = await flushHolds({ ...parts, database: between }, [take(TEAM, 3n)]);
    expect(asked).toEqual([[], ['label:org/acme']]);
    expect(refused!.outcome).toBe('refused');
  });

  it('give up where limits come into force faster than their gates are taken', async () => {
    await flushers.setLimit('ledger', '2');
    const parts = partsOf(flushers.each[0]!);
    const none = onGates(flushers.each[0]!, () => Promise.resolve([]));
    const flushed = flushHolds({ ...parts, database: none }, [take(TEAM, 1n)]);
    await expect(flushed).rejects.toThrow('budgets change too fast');
    expect(await flushers.heldOf('ledger')).toBe('0.00');
  });

  it('take no gate where nothing is enforced, or where nothing is limited', async () => {
    await flushers.setLimit('ledger', '2', { enforce: false });
    await flushers.setLimit('label:org/acme', null);
    const asked: string[][] = [];
    const parts = partsOf(flushers.each[0]!);
    const seen = onGates(flushers.each[0]!, (gates) => {
      asked.push(gates);
      return Promise.resolve(gates);
    });
    const [taken] = await flushHolds({ ...parts, database: seen }, [take(TEAM, 3n)]);
    expect([taken!.outcome, asked]).toEqual(['taken', [[]]]);
  });

  /** Each flusher asks again and again, all at the same time. */
  async function together(
    ask: (n: number, turn: number) => Promise<readonly HoldOutcome<Decision>[]>,
  ): Promise<HoldOutcome<Decision>[]> {
    const all = await Promise.all(
      flushers.each.map(async (_, n) => {
        const outcomes: HoldOutcome<Decision>[] = [];
        for (let turn = 0; turn < 20; turn++) outcomes.push(...(await ask(n, turn)));
        return outcomes;
      }),
    );
    return all.flat();
  }

  /** Numerical Recipes' generator: the same numbers for the same seed. */
  function random(below: number): number {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  }
});

const isTaken = (one: HoldOutcome<Decision>): one is Taken => one.outcome === 'taken';
const isLimited = ({ decision }: Taken): boolean => decision.budgets.length > 0;

/** The same, but this may change the names of the gates that a flush hears of. */
function onGates(database: Database, told: (gates: string[]) => Promise<string[]>): Database {
  const atomically: Database['atomically'] = (write) =>
    database.atomically((client) => {
      const prepared: Prepared['prepared'] = async <Row extends readonly unknown[]>(
        statement: Parameters<Prepared['prepared']>[0],
        values: readonly unknown[],
      ) => {
        const rows = await client.prepared<Row>(statement, values);
        if (statement.name !== 'lock-gates') return rows;
        const [gates, latest] = rows[0] as unknown as [string[], string | null];
        return [[await told(gates), latest]] as unknown as Row[];
      };
      return write({ prepared });
    });
  return Object.assign(Object.create(database) as Database, { atomically });
}
