import fc from 'fast-check';
import { Batcher, type AnswerLimit } from './batcher';
import { Problem } from './problem';

interface Flight {
  readonly items: readonly number[];
  finish(error?: Error): void;
}

/** A batcher whose flushes end when the test says so; an item's answer is its double. */
function controlled(options: {
  maxBatch: number;
  maxQueue: number;
  concurrency?: number;
  weigh?: (item: number) => number;
  answer?: AnswerLimit;
}) {
  const flights: Flight[] = [];
  const batcher = new Batcher<number, number>({
    ...options,
    flush: (items) =>
      new Promise((resolve, reject) => {
        const flight: Flight = {
          items,
          finish: (error) => {
            flights.splice(flights.indexOf(flight), 1);
            if (error === undefined) resolve(items.map((item) => item * 2));
            else reject(error);
          },
        };
        flights.push(flight);
      }),
  });
  return { batcher, flights };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('Batcher', () => {
  it('flushes together what came in one turn, and what came while a flush was under way', async () => {
    const { batcher, flights } = controlled({ maxBatch: 10, maxQueue: 10 });
    const first = [batcher.submit(1), batcher.submit(2)];
    await nextTurn();
    const second = [batcher.submit(3), batcher.submit(4)];
    await nextTurn();
    expect(flights.map(({ items }) => items)).toEqual([[1, 2]]);
    flights[0]!.finish();
    expect(await Promise.all(first)).toEqual([2, 4]);
    expect(flights.map(({ items }) => items)).toEqual([[3, 4]]);
    flights[0]!.finish();
    expect(await Promise.all(second)).toEqual([6, 8]);
  });

  it('answers in time while a flush hangs, flushes nothing more that was given up, and goes on after it', async () => {
    const late = new Error('late');
    const answer = { withinMs: 50, late: () => late };
    const { batcher, flights } = controlled({ maxBatch: 1, maxQueue: 2, answer });
    const hanging = batcher.submit(1);
    await nextTurn();
    const waiting = [batcher.submit(2), batcher.submit(3)];
    await expect(batcher.submit(4)).rejects.toMatchObject({ code: 'overloaded' });
    const settled = await Promise.allSettled([hanging, ...waiting]);
    expect(settled).toEqual(settled.map(() => ({ status: 'rejected', reason: late })));
    expect(batcher.queued).toBe(0);
    const next = batcher.submit(5);
    flights[0]!.finish();
    await nextTurn();
    expect(flights.map(({ items }) => items)).toEqual([[5]]);
    flights[0]!.finish();
    expect(await next).toBe(10);
    await batcher.drain();
  });

  it('fails those that wait, not those under way, and takes the next ones', async () => {
    const { batcher, flights } = controlled({ maxBatch: 1, maxQueue: 10 });
    const [first, second, third] = [batcher.submit(1), batcher.submit(2), batcher.submit(3)];
    await nextTurn();
    const gone = new Error('gone');
    batcher.failWaiting(gone);
    await expect(second).rejects.toBe(gone);
    await expect(third).rejects.toBe(gone);
    expect(batcher.queued).toBe(0);
    const fourth = batcher.submit(4);
    flights[0]!.finish();
    expect(await first).toBe(2);
    await nextTurn();
    flights[0]!.finish();
    expect(await fourth).toBe(8);
  });

  it('refuses at once when the queue is full, and takes again when it is not', async () => {
    const { batcher, flights } = controlled({ maxBatch: 2, maxQueue: 2 });
    const kept = [batcher.submit(1), batcher.submit(2)];
    const refusal = await batcher.submit(3).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Problem);
    expect(refusal).toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    await nextTurn();
    kept.push(batcher.submit(4));
    flights[0]!.finish();
    await nextTurn();
    flights[0]!.finish();
    expect(await Promise.all(kept)).toEqual([2, 4, 8]);
  });

  it('fails only the items of the flush that failed', async () => {
    const { batcher, flights } = controlled({ maxBatch: 1, maxQueue: 10 });
    const results = Promise.allSettled([batcher.submit(1), batcher.submit(2)]);
    await nextTurn();
    flights[0]!.finish(new Error('gone'));
    await nextTurn();
    flights[0]!.finish();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('calls a flush that loses an answer a bug', async () => {
    const batcher = new Batcher<number, number>({
      maxBatch: 9,
      maxQueue: 9,
      flush: () => Promise.resolve([]),
    });
    await expect(batcher.submit(1)).rejects.toThrow('1 items gave 0 results');
  });

  it('fails the items of a flush that throws before it begins', async () => {
    const batcher = new Batcher<number, number>({
      maxBatch: 9,
      maxQueue: 9,
      flush: () => {
        throw new Error('no connection');
      },
    });
    await expect(batcher.submit(1)).rejects.toThrow('no connection');
    await batcher.drain();
  });

  it('lets an item that is heavier than a batch go alone', async () => {
    const { batcher, flights } = controlled({ maxBatch: 5, maxQueue: 100, weigh: (item) => item });
    const all = Promise.all([1, 9, 2, 3, 1].map((item) => batcher.submit(item)));
    const seen: (readonly number[])[] = [];
    for (let i = 0; i < 4; i += 1) {
      await nextTurn();
      seen.push(flights[0]!.items);
      flights[0]!.finish();
    }
    await all;
    expect(seen).toEqual([[1], [9], [2, 3], [1]]);
  });

  it('answers every item once, in order, within its limits, whatever happens', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant('submit' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('turn' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ type: fc.constant('finish' as const), fails: fc.boolean() }),
      },
    );
    const limits = fc.record({
      maxBatch: fc.integer({ min: 1, max: 4 }),
      maxQueue: fc.integer({ min: 1, max: 8 }),
      concurrency: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (options, steps) => {
        const { batcher, flights } = controlled(options);
        const outcomes = new Map<number, string>();
        const flown: number[] = [];
        const failed = new Set<number>();
        let submitted = 0;
        const check = () => {
          expect(flights.length).toBeLessThanOrEqual(options.concurrency);
          expect(batcher.queued).toBeLessThanOrEqual(options.maxQueue);
          for (const { items } of flights)
            expect(items.length).toBeLessThanOrEqual(options.maxBatch);
        };
        const finish = (fails: boolean) => {
          const flight = flights[0];
          if (flight === undefined) return;
          flown.push(...flight.items);
          if (fails) flight.items.forEach((item) => failed.add(item));
          flight.finish(fails ? new Error('gone') : undefined);
        };
        for (const action of steps) {
          if (action.type === 'submit') {
            const item = (submitted += 1);
            batcher.submit(item).then(
              (result) => outcomes.set(item, String(result)),
              (error: unknown) =>
                outcomes.set(item, error instanceof Problem ? 'refused' : 'failed'),
            );
          } else if (action.type === 'turn') {
            await nextTurn();
          } else {
            finish(action.fails);
          }
          check();
        }
        let drained = false;
        void batcher.drain().then(() => (drained = true));
        for (let i = 0; i <= submitted; i += 1) {
          await nextTurn();
          check();
          finish(false);
        }
        await nextTurn();
        expect(drained).toBe(true);
        expect(outcomes.size).toBe(submitted);
        for (const [item, outcome] of outcomes) {
          const expected = failed.has(item)
            ? 'failed'
            : flown.includes(item)
              ? `${item * 2}`
              : 'refused';
          expect(outcome).toBe(expected);
        }
        if (options.concurrency === 1) expect(flown).toEqual([...flown].sort((a, b) => a - b));
      }),
    );
  });
});
