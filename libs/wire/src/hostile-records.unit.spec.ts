import fc from 'fast-check';
import { characters, extensions, instants, propertyOptions, spends } from '#libs/testing';
import { readStructuredEvent } from './cloud-event';
import { spendContentHash } from './content-hash';
import { parseReportedSpend } from './parse-reported';
import { readEvent } from './read-event';
import { writeSpend } from './write-event';

const RULES = { currency: 'USD' };

const jsonTrees = fc.jsonValue({ maxDepth: 5, stringUnit: characters });
const memberNames = fc.constantFrom(
  ...['specversion', 'id', 'source', 'type', 'time', 'data', 'datacontenttype', 'recordedat'],
  ...[
    'holdoutcome',
    'caller',
    'contenthash',
    'scope',
    'amount',
    'currency',
    'basis',
    'requestId',
    'holdId',
  ],
  ...['model', 'metadata', 'budgetId', 'revision', 'account', 'limit', 'window', 'userId'],
  ...['toString', 'valueOf', '__proto__', 'toJSON'],
);
const types = fc.constantFrom(
  'spendledger.spend.recorded.v1',
  'spendledger.budget.set.v1',
  'spendledger.budget.removed.v1',
);
/** Trees with the names that are looked for, so that the readers get past their first question. */
const leaves = fc.oneof(types, fc.constantFrom('1.0', 'b', 1, 'USD', 'exact'), jsonTrees);
const lookalikes = fc.dictionary(
  memberNames,
  fc.oneof(leaves, fc.dictionary(memberNames, leaves, { noNullPrototype: true })),
  { noNullPrototype: true },
);
const events = fc
  .tuple(lookalikes, types, lookalikes)
  .map(([tree, type, data]) => ({ ...tree, type, data }));

const headers = fc.dictionary(
  fc.oneof(
    memberNames.map((name) => `ce_${name}`),
    fc.constantFrom('content-type', 'ce_', 'ce___proto__'),
    fc.string(),
  ),
  fc.oneof(types, fc.string({ unit: characters }), fc.constant('application/cloudevents+json')),
  { noNullPrototype: true },
);

describe('a CloudEvent of any kind', () => {
  it('gets an answer from the door: a spend or faults, never a throw', () => {
    fc.assert(
      fc.property(fc.oneof(jsonTrees, lookalikes, events), instants, (document, now) => {
        const event = readStructuredEvent(document);
        if (!event.ok) return;
        const spend = parseReportedSpend(event.value, { ...RULES, now });
        if (spend.ok) expect(spendContentHash(spend.value.spend)).toMatch(/^[0-9a-f]{64}$/);
        else expect(spend.errors.length).toBeGreaterThan(0);
      }),
      propertyOptions(300),
    );
  });
});

describe('a record of any bytes', () => {
  const answers = (record: Parameters<typeof readEvent>[0]) => {
    const event = readEvent(record, RULES);
    if (!event.ok) expect(event.errors.length).toBeGreaterThan(0);
    // A replay must come to the same answer.
    expect(readEvent(record, RULES)).toEqual(event);
  };

  it('gets an answer, never a throw', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 64 }), (given, bytes) => {
        answers({ headers: given, value: Buffer.from(bytes) });
      }),
      propertyOptions(500),
    );
  });

  it('gets an answer when it is JSON', () => {
    const values = fc.oneof(jsonTrees, lookalikes, events).map((tree) => JSON.stringify(tree));
    fc.assert(
      fc.property(headers, values, (given, text) => {
        answers({ headers: given, value: Buffer.from(text) });
      }),
      propertyOptions(500),
    );
  });

  it('gets an answer when a good one was damaged on its way', () => {
    const damages = fc.record({ at: fc.nat(), length: fc.nat(8), bytes: fc.uint8Array() });
    fc.assert(
      fc.property(spends, extensions, damages, headers, (spend, given, damage, more) => {
        const fact = { recordedAt: spend.time, caller: 'c', contentHash: spendContentHash(spend) };
        const record = writeSpend({ spend, extensions: given }, fact);
        const at = damage.at % (record.value.length + 1);
        const value = Buffer.concat([
          record.value.subarray(0, at),
          damage.bytes,
          record.value.subarray(at + damage.length),
        ]);
        answers({ headers: record.headers, value });
        answers({ headers: { ...record.headers, ...more }, value: record.value });
      }),
      propertyOptions(500),
    );
  });

  it('gets an answer however deep it is', () => {
    for (const text of ['['.repeat(200_000), '{"data":'.repeat(100_000)]) {
      const value = Buffer.from(text);
      answers({ headers: {}, value });
      answers({ headers: { 'content-type': 'application/cloudevents+json' }, value });
    }
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const event = `{"type":"spendledger.spend.recorded.v1","x":${deep},"recordedat":"2026-04-27T10:00:00Z","caller":"c","contenthash":"${'0'.repeat(64)}","data":{"scope":${deep},"metadata":${deep},"amount":${deep}}}`;
    answers({
      headers: { 'content-type': 'application/cloudevents+json' },
      value: Buffer.from(event),
    });
  });
});
