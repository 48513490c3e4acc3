import { causeOf } from './partition-failures';
import { sentenceOf } from './partitions-behind';

const behind = (partition: number, more: object = {}) => ({
  partition,
  lagMs: 5999,
  records: undefined,
  cause: undefined,
  ...more,
});

describe('the sentence about partitions that are behind', () => {
  it.each([
    [
      [behind(3, { cause: 'it is so' })],
      'Partition 3 of the log is 5 s behind, more than MAX_LAG: it is so.',
    ],
    [
      [behind(3, { records: 7n })],
      'Partition 3 of the log is 5 s behind, more than MAX_LAG: 7 records are still to be read.',
    ],
    [
      [behind(1), behind(2, { lagMs: 9000 }), behind(3, { lagMs: null })],
      'Partition 3 of the log has never been read to its end: nobody says why. Also behind: 2, 1.',
    ],
    [
      [behind(1, { lagMs: null }), behind(2, { cause: 'it is so' })],
      'Partition 2 of the log is 5 s behind, more than MAX_LAG: it is so. Also behind: 1.',
    ],
  ])(
    'names the one that is furthest behind, first of those of which it is known why',
    (all, said) => {
      expect(sentenceOf(all)).toBe(said);
    },
  );

  it('is of bounded length', () => {
    const all = Array.from({ length: 4096 }, (_, partition) => behind(partition));
    expect(sentenceOf(all)).toMatch(/Also behind: (\d+, ){19}\d+ and 4075 more\.$/);
  });

  it.each([
    [
      { code: '42501', message: 'permission denied for table t' },
      'Postgres says "permission denied for table t" (42501)',
    ],
    [
      { code: '22P02', message: 'invalid input syntax for type uuid: "alice"' },
      'Postgres refuses a value (22P02)',
    ],
    [
      { code: 'P0001', message: `key sk-${'a'.repeat(20)}\nis bad` },
      'Postgres says "key (secret)" (P0001)',
    ],
    [{ code: 'P0001', message: 'x'.repeat(1000) }, `Postgres says "${'x'.repeat(200)}" (P0001)`],
    [
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }),
      'Postgres or the log cannot be reached',
    ],
    [
      { code: '28P01', message: 'password authentication failed for user "x"' },
      'Postgres refuses the login (28P01)',
    ],
    [
      Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
      'Postgres or the log cannot be reached',
    ],
    [new Error('a bug of alice'), 'the log of this process says why'],
    [undefined, 'the log of this process says why'],
  ])('tells of %j no more than everybody may know', (error, said) => {
    expect(causeOf(error)).toBe(said);
  });
});
