import fc, { type Arbitrary } from 'fast-check';

/** Values that some reader somewhere gets wrong. */
const NASTY: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udcb8x',
  'NaN',
  '-1',
  '1e3',
  '0',
  '1.50',
  '1'.repeat(16),
  'x'.repeat(257),
  'é'.repeat(129),
  '2026-04-27T10:00:00',
  '9999-12-31T23:59:59Z',
  'key',
  'user',
  'team',
  'unknown',
  'exact',
  'EUR',
  'USD',
  'ledger/x',
  'user:*',
  'user:',
  'member:a/b',
  '"1"',
  '0:1',
  '__proto__',
  [],
  {},
  [[]],
];
const NASTY_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'type',
  'scope',
  'amount',
  'id',
  '',
  'a\0',
  '\ud800',
  'Ü',
];

const values = fc.oneof(fc.constantFrom(...NASTY), fc.jsonValue({ maxDepth: 3 }));
const names = fc.oneof(fc.constantFrom(...NASTY_NAMES), fc.string({ maxLength: 5 }));
const treeEdits = fc.array(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom('replace', 'remove', 'add'),
    value: values,
    name: names,
  }),
  { maxLength: 3 },
);
const byteEdits = fc.array(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom('flip', 'drop', 'insert', 'cut'),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { maxLength: 4 },
);

/** A JSON tree with up to three of its members replaced, removed or joined by a stranger. */
export function mutatedTree(valid: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc.tuple(valid, treeEdits).map(([tree, edits]) => {
    let edited = structuredClone(tree);
    for (const edit of edits) edited = editTree(edited, edit);
    return edited;
  });
}

/** Bytes of which up to four are changed, lost or added, or the rest is cut off. */
export function mutatedBytes(valid: Arbitrary<Uint8Array>): Arbitrary<Buffer> {
  return fc
    .tuple(valid, byteEdits)
    .map(([bytes, edits]) => edits.reduce(editBytes, Buffer.from(bytes)));
}

function editTree(
  tree: unknown,
  { at, how, value, name }: { at: number; how: string; value: unknown; name: string },
): unknown {
  const places = placesIn(tree);
  const place = places[at % (places.length + 1)];
  if (!place) return how === 'replace' ? value : tree;
  const { holder, member } = place;
  if (how === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(member), 1);
    else Reflect.deleteProperty(holder, member);
    return tree;
  }
  const target = how === 'add' && !Array.isArray(holder) ? name : member;
  Object.defineProperty(holder, target, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return tree;
}

function placesIn(tree: unknown): { holder: object; member: string }[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([member, value]) => [
    { holder: tree, member },
    ...placesIn(value),
  ]);
}

function editBytes(
  bytes: Buffer,
  { at, how, byte }: { at: number; how: string; byte: number },
): Buffer {
  const index = bytes.length === 0 ? 0 : at % bytes.length;
  const [before, after] = [bytes.subarray(0, index), bytes.subarray(index + 1)];
  switch (how) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([byte]), after]);
    case 'drop':
      return Buffer.concat([before, after]);
    case 'insert':
      return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(index)]);
    default:
      return before;
  }
}
