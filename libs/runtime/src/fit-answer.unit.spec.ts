import { fitAnswer } from './fit-answer';
import { invalid } from './http/invalid';
import { problemBody, shortProblemBody, Problem } from './problem';

const bytesOf = (entries: object[]) => Buffer.byteLength(JSON.stringify(entries));

describe('an answer of bounded size', () => {
  it('has its entries in full while they fit, and in short from then on', () => {
    const entry = (n: number) => ({ full: { n, text: 'é'.repeat(50) }, short: { n } });
    const entries = [entry(1), { full: { plain: true } }, entry(2), entry(3), entry(4)];
    const fitted = fitAnswer(entries, 300);
    expect(fitted).toEqual([
      ...[entry(1).full, { plain: true }, entry(2).full, entry(3).short, entry(4).short],
    ]);
    expect(bytesOf(fitted)).toBeLessThanOrEqual(302);
    expect(fitAnswer(entries, 10_000)).toEqual(entries.map(({ full }) => full));
  });

  it('measures nothing more once something did not fit', () => {
    const measured = jest.fn(() => ({ large: 'x'.repeat(100) }));
    const entries = [1, 2, 3].map((n) => ({ full: { toJSON: measured }, short: { n } }));
    expect(fitAnswer(entries, 50)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(measured).toHaveBeenCalledTimes(1);
  });
});

describe('a problem with many faults', () => {
  const faults = (count: number, name = 'x') =>
    Array.from({ length: count }, (_, n) => ({
      field: `data.${name}${n}`,
      rule: 'unknown_member',
      message: 'is not known',
    }));

  it('lists 20 and says how many more there are, also those that were never listed', () => {
    const [first, ...rest] = faults(25);
    const problem = invalid([{ ...first!, more: 100 }, ...rest]);
    expect(problem.errors).toHaveLength(20);
    expect(problemBody(problem)).toMatchObject({ errorsLeftOut: 105, errors: faults(20) });
    expect(problem.detail).toContain('(and 124 more)');
    expect(problemBody(invalid(faults(20)))).not.toHaveProperty('errorsLeftOut');
  });

  it('cuts long paths and messages, and never through a character', () => {
    const [fault] = faults(1, '😀'.repeat(1000));
    const problem = invalid([{ ...fault!, message: `is ${'é'.repeat(5000)}` }]);
    const [cut] = problem.errors;
    expect(cut!.field.length).toBeLessThan(260);
    expect(cut!.message.length).toBeLessThan(260);
    expect(cut!.field.isWellFormed()).toBe(true);
    expect(problem.detail.length).toBeLessThan(600);
  });

  it('has a short form: one fault, and nothing large beside it', () => {
    const short = shortProblemBody(invalid(faults(30)));
    expect(short).toMatchObject({ errors: faults(1), errorsLeftOut: 29 });
    const conflict = new Problem('event_conflict', 'Other content.', {
      extra: { givenHash: 'a', onRecord: { id: 'x' }, differs: ['time'] },
    });
    expect(shortProblemBody(conflict)).toMatchObject({
      givenHash: 'a',
      onRecord: null,
      differs: ['time'],
      code: 'event_conflict',
    });
  });
});
