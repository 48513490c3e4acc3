import fc from 'fast-check';
import { characters } from './arbitraries';
import type { NewRecord } from '#libs/spend-log';

const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x'.repeat(300),
  '__proto__',
  'settled',
  'NaN',
  '1e999',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999Z',
  'application/cloudevents+json',
];
const texts = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: characters, maxLength: 5 }));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    texts,
    fc.constantFrom(null, true, 0, -1, 1.5, 1e308, 2 ** 31, 2 ** 53, 2 ** 53 - 1),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const HEADERS = ['ce_id', 'ce_source', 'ce_time', 'ce_type', 'ce_recordedat', 'ce_caller'];
const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...HEADERS, 'ce_holdoutcome', 'ce_traceparent', 'ce_data', 'content-type'),
    texts,
  ),
  texts,
  { maxKeys: 2, noNullPrototype: true },
);
const MEMBERS = [
  'scope',
  'amount',
  'currency',
  'basis',
  'requestId',
  'holdId',
  'model',
  'metadata',
];
const BUDGET_MEMBERS = [
  'account',
  'limit',
  'window',
  'warnAt',
  'enforce',
  'validUntil',
  'revision',
];
const data = fc.dictionary(fc.oneof(fc.constantFrom(...MEMBERS, ...BUDGET_MEMBERS), texts), json, {
  maxKeys: 2,
  noNullPrototype: true,
});

/** Records of which something was replaced by what may not be there, and some that never were any. */
export function spoiledRecords(...good: readonly NewRecord[]): fc.Arbitrary<NewRecord> {
  const one = fc.constantFrom(...good);
  const changed = fc.tuple(one, fc.uuid(), headers, data).map(([record, id, ...changes]) => {
    const [newHeaders, newData] = changes;
    const members = { ...(JSON.parse(record.value.toString()) as object), ...newData };
    return {
      ...record,
      headers: { ...record.headers, ce_id: nameOf(members) ?? id, ...newHeaders },
      value: Buffer.from(JSON.stringify(members)),
    };
  });
  const garbage = fc
    .tuple(
      one,
      fc.oneof(
        fc.uint8Array(),
        json.map((tree) => Buffer.from(JSON.stringify(tree))),
      ),
    )
    .map(([record, bytes]) => ({ ...record, value: Buffer.from(bytes) }));
  return fc.oneof({ weight: 5, arbitrary: changed }, garbage);
}

/** A change of a budget must be named after what it says, or nothing else in it is looked at. */
function nameOf(members: { budgetId?: string; revision?: unknown }): string | undefined {
  return members.budgetId === undefined
    ? undefined
    : `${members.budgetId}/${String(members.revision)}`;
}
