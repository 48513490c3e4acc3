import fc from 'fast-check';
import { labels, propertyOptions } from '#libs/testing';
import { labelFaults, labelsInOrder, parseLabels, printLabels, type Labels } from './labels';

/** An object with this one member, whatever its name. */
const named = (name: string, value: unknown = 'x'): unknown =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);
const faultsOf = (value: unknown) => {
  const read = parseLabels(value, 'data.labels');
  return read.ok ? [] : read.errors.map(({ field, rule }) => `${field} ${rule}`);
};
const of = (pairs: Record<string, string>): Labels => new Map(Object.entries(pairs));

describe('labels', () => {
  it('are read in the order of their names', () => {
    const read = parseLabels({ project: 'search', env: 'prod', org: 'acme' }, 'data.labels');
    expect(read.ok && [...read.value!]).toEqual([
      ['env', 'prod'],
      ['org', 'acme'],
      ['project', 'search'],
    ]);
  });

  it('are absent where there are none', () => {
    expect(parseLabels({}, 'data.labels')).toEqual({ ok: true, value: undefined });
  });

  it('are read back as the same labels', () => {
    fc.assert(
      fc.property(labels, (given) => {
        const shuffled = Object.fromEntries(Object.entries(printLabels(given)).reverse());
        const read = parseLabels(shuffled, 'data.labels');
        expect(read.ok && [...read.value!]).toEqual([...given]);
      }),
      propertyOptions(300),
    );
  });

  it.each(['a', 'org', 'constructor', 'a1', 'a.b_c-9', 'a'.repeat(63)])(
    'may have the name %s',
    (name) => {
      const read = parseLabels(named(name), 'data.labels');
      expect(read.ok && [...read.value!]).toEqual([[name, 'x']]);
    },
  );

  it.each([
    '',
    'Org',
    '1a',
    '_a',
    '-a',
    '.a',
    'a'.repeat(64),
    'a b',
    'a/b',
    'é',
    'a\u0000',
    '__proto__',
    'org\n',
  ])('may not have the name %j', (name) => {
    expect(parseLabels(named(name), 'data.labels')).toMatchObject({
      ok: false,
      errors: [{ rule: 'label_name' }],
    });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    [null, 'object'],
    [['org'], 'object'],
    ['org=acme', 'object'],
    [7, 'object'],
  ])('are not %j', (value, rule) => {
    expect(faultsOf(value)).toEqual([`data.labels ${rule}`]);
  });

  it.each([
    ['', 'not_empty'],
    [7, 'string'],
    [null, 'string'],
    [['acme'], 'string'],
    [' x', 'trimmed'],
    ['a\u0000', 'control'],
    ['x'.repeat(257), 'length'],
    ['é'.repeat(129), 'length'],
    ['\ud800', 'well_formed'],
  ])('may not have the value %j', (value, rule) => {
    expect(faultsOf({ org: value })).toEqual([`data.labels.org ${rule}`]);
  });

  it('have one value each, as long as an id', () => {
    expect(faultsOf({ org: 'x'.repeat(256), project: 'a/b c%' })).toEqual([]);
  });

  it('are 8 at most', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, 'x']));
    expect(faultsOf(many(8))).toEqual([]);
    expect(faultsOf(many(9))).toEqual(['data.labels max_members']);
  });

  it('tell of each fault', () => {
    expect(faultsOf({ Org: 'x', env: '', ok: 'x' })).toEqual([
      'data.labels.Org label_name',
      'data.labels.env not_empty',
    ]);
  });

  it('stand in the order of their names, the last value of each', () => {
    const given = [
      ['org', 'x'],
      ['env', 'y'],
      ['org', 'z'],
    ] as const;
    expect([...labelsInOrder(given)]).toEqual([
      ['env', 'y'],
      ['org', 'z'],
    ]);
  });
});

describe('the labels that a ledger accepts', () => {
  const known = new Set(['org', 'project']);

  it('are all where it names none', () => {
    expect(labelFaults(of({ projct: 'x' }), undefined, 'data.labels')).toEqual([]);
    expect(labelFaults(undefined, known, 'data.labels')).toEqual([]);
    expect(labelFaults(of({ org: 'x', project: 'y' }), known, 'data.labels')).toEqual([]);
  });

  it('are named to who says another', () => {
    expect(labelFaults(of({ org: 'x', projct: 'y' }), known, 'data.labels')).toEqual([
      {
        field: 'data.labels.projct',
        rule: 'one_of',
        message: 'must be one of the labels of this ledger: org, project',
      },
    ]);
  });
});
