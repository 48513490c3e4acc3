import { Snapshot } from '#libs/balances';
import { Breaker } from './breaker';
import { PostgresGone } from './postgres-gone';
import { WatchedReads } from './watched-reads';

const refused = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

describe('reads that end in time', () => {
  let breaker: Breaker;
  let seen: (readonly [question: string, isLate: boolean])[];
  let answers: PromiseWithResolvers<Snapshot>[];

  beforeEach(() => {
    breaker = new Breaker({ monotonicMs: () => 0, retryMs: 0 });
    seen = [];
    answers = [];
  });

  const reads = (waitMs: number) =>
    new WatchedReads<string>({
      waitMs,
      breaker,
      read: () => {
        const answer = Promise.withResolvers<Snapshot>();
        answers.push(answer);
        return answer.promise;
      },
      onRead: (_snapshot, question, isLate) => seen.push([question, isLate]),
    });
  const snapshot = () => new Snapshot(new Map());
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('give the answer, and close the breaker', async () => {
    breaker.failed('before');
    const reading = reads(60_000).read('q');
    const given = snapshot();
    answers[0]!.resolve(given);
    expect(await reading).toBe(given);
    expect([breaker.isOpen, seen]).toEqual([false, [['q', false]]]);
  });

  it('give up, and open the breaker; an answer that comes late is noted and closes it', async () => {
    await expect(reads(1).read('q')).rejects.toBeInstanceOf(PostgresGone);
    expect(breaker.isOpen).toBe(true);
    answers[0]!.resolve(snapshot());
    await turn();
    expect([breaker.isOpen, seen]).toEqual([false, [['q', true]]]);
  });

  it('a failure that comes late says nothing about now', async () => {
    await expect(reads(1).read('q')).rejects.toBeInstanceOf(PostgresGone);
    breaker.succeeded();
    answers[0]!.reject(refused());
    await turn();
    expect([breaker.isOpen, answers.length]).toEqual([false, 1]);
  });

  it('ask once more where a connection broke, and no more', async () => {
    const reading = reads(60_000).read('q');
    answers[0]!.reject(refused());
    await turn();
    answers[1]!.resolve(snapshot());
    await reading;
    expect(breaker.isOpen).toBe(false);

    const again = reads(60_000).read('q');
    answers[2]!.reject(refused());
    await turn();
    answers[3]!.reject(refused());
    await expect(again).rejects.toBeInstanceOf(PostgresGone);
    expect([breaker.isOpen, answers.length]).toEqual([true, 4]);
  });

  it('ask once while the breaker is open', async () => {
    breaker.failed('before');
    const reading = reads(60_000).read('q');
    answers[0]!.reject(refused());
    await expect(reading).rejects.toBeInstanceOf(PostgresGone);
    expect(answers).toHaveLength(1);
  });

  it('pass a bug on as it is', async () => {
    const reading = reads(60_000).read('q');
    answers[0]!.reject(new TypeError('a bug'));
    await expect(reading).rejects.toThrow(TypeError);
    expect([breaker.isOpen, answers.length]).toEqual([false, 1]);
  });
});
