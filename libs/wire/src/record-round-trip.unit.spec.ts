import fc from 'fast-check';
import { formatInstant } from '#libs/ledger';
import {
  budgets,
  extensions,
  holdOutcomes,
  ids,
  instants,
  metadata,
  propertyOptions,
  spends,
} from '#libs/testing';
import { readStructuredEvent } from './cloud-event';
import { spendContentHash, spendData } from './content-hash';
import { parseReportedSpend, type ReportedSpend } from './parse-reported';
import { readEvent } from './read-event';
import type { RecordBytes } from './record';
import { budgetContentHash, writeBudgetRevision, writeSpend } from './write-event';

const RULES = { currency: 'USD' };
const facts = fc.record({ recordedAt: instants, caller: ids });
const reports: fc.Arbitrary<ReportedSpend> = fc.record({ spend: spends, extensions });
/** With what became of its hold, where it names one and that is known. */
const recorded = fc
  .tuple(reports, facts, fc.option(holdOutcomes))
  .map(([reported, fact, holdOutcome]) => {
    const isKnown = holdOutcome !== null && reported.spend.holdId !== undefined;
    return { reported, fact: isKnown ? { ...fact, holdOutcome } : fact };
  });
const revisions = fc.integer({ min: 1, max: 2 ** 31 - 1 });

/** The same record in CloudEvents' structured mode, as another writer might have made it. */
function structured({ headers, value }: RecordBytes): RecordBytes {
  const attributes = Object.entries(headers).flatMap(([name, text]) =>
    name.startsWith('ce_') ? [`${JSON.stringify(name.slice(3))}:${JSON.stringify(text)}`] : [],
  );
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
    value: Buffer.from(`{"data":${value.toString()},${attributes.join(',')}}`),
  };
}

describe('the record of a spend', () => {
  it('says the same when it is read, in binary and in structured mode', () => {
    fc.assert(
      fc.property(recorded, ({ reported, fact }) => {
        const contentHash = spendContentHash(reported.spend);
        const record = writeSpend(reported, { ...fact, contentHash });
        const event = { kind: 'spend_recorded', ...reported, ...fact, contentHash };
        expect(readEvent(record, RULES)).toEqual({ ok: true, value: event });
        expect(readEvent(structured(record), RULES)).toEqual({ ok: true, value: event });
      }),
      propertyOptions(500),
    );
  });

  it('is the same bytes again when what was read is written', () => {
    fc.assert(
      fc.property(recorded, ({ reported, fact }) => {
        const contentHash = spendContentHash(reported.spend);
        const record = writeSpend(reported, { ...fact, contentHash });
        const event = readEvent(record, RULES);
        if (!event.ok || event.value.kind !== 'spend_recorded') throw new Error('not a spend');
        expect(writeSpend(event.value, event.value)).toEqual(record);
        expect(spendContentHash(event.value.spend)).toBe(contentHash);
      }),
      propertyOptions(),
    );
  });

  it('says what the door was told', () => {
    fc.assert(
      fc.property(reports, facts, ({ spend, extensions: given }, fact) => {
        const document = {
          ...given,
          specversion: '1.0',
          id: spend.id,
          source: spend.source,
          type: 'spendledger.spend.recorded.v1',
          time: formatInstant(spend.time),
          data: spendData(spend),
        };
        const event = readStructuredEvent(document);
        if (!event.ok) throw new Error('not an event');
        const reported = parseReportedSpend(event.value, { ...RULES, now: spend.time });
        // What usage comes to is no door's to be told.
        const { amountPico: _, pricedBy: __, ...unpriced } = spend;
        const said = spend.usage === undefined ? spend : unpriced;
        expect(reported).toEqual({ ok: true, value: { spend: said, extensions: given } });
        const contentHash = spendContentHash(spend);
        const record = writeSpend({ spend, extensions: given }, { ...fact, contentHash });
        expect(readEvent(record, RULES)).toMatchObject({ ok: true, value: { spend } });
      }),
      propertyOptions(),
    );
  });

  // One engine's JSON.parse takes an escaped name for another that an earlier text had in its place.
  it('keeps every name in its metadata, however it has to be escaped', () => {
    const names = fc.string({
      unit: fc.constantFrom('"', '\\', '/', '\n', '\u0001', '\u001f', '\u007f', 'u0022', 'é', 'a'),
      maxLength: 3,
    });
    const trees = fc.dictionary(names, fc.dictionary(names, fc.nat(9), { noNullPrototype: true }), {
      noNullPrototype: true,
    });
    const read = (tree: Record<string, unknown>, reported: ReportedSpend) => {
      const spend = { ...reported.spend, metadata: tree };
      const contentHash = spendContentHash(spend);
      const fact = { recordedAt: spend.time, caller: 'test', contentHash };
      const event = readEvent(writeSpend({ ...reported, spend }, fact), RULES);
      return event.ok && event.value.kind === 'spend_recorded' ? event.value.spend : event;
    };
    fc.assert(
      fc.property(fc.array(fc.oneof(trees, metadata), { minLength: 1 }), reports, (many, one) => {
        for (const tree of many) expect(read(tree, one)).toMatchObject({ metadata: tree });
      }),
      propertyOptions(200),
    );
  });
});

describe('the record of a budget’s revision', () => {
  it('says the same when it is read, in binary and in structured mode', () => {
    fc.assert(
      fc.property(budgets, revisions, facts, (budget, revision, fact) => {
        const change = { budgetId: budget.budgetId, revision, budget };
        const record = writeBudgetRevision(change, fact);
        const contentHash = budgetContentHash(change);
        const event = { kind: 'budget_set', budget, revision, ...fact, contentHash };
        expect(readEvent(record, RULES)).toEqual({ ok: true, value: event });
        expect(readEvent(structured(record), RULES)).toEqual({ ok: true, value: event });
      }),
      propertyOptions(),
    );
  });

  it('may remove it', () => {
    fc.assert(
      fc.property(budgets, revisions, facts, ({ budgetId }, revision, fact) => {
        const change = { budgetId, revision, budget: null };
        const record = writeBudgetRevision(change, fact);
        const contentHash = budgetContentHash(change);
        const event = { kind: 'budget_removed', budgetId, revision, ...fact, contentHash };
        expect(readEvent(record, RULES)).toEqual({ ok: true, value: event });
        expect(readEvent(structured(record), RULES)).toEqual({ ok: true, value: event });
      }),
      propertyOptions(),
    );
  });

  it('has another hash for another revision and for a removal', () => {
    fc.assert(
      fc.property(budgets, (budget) => {
        const { budgetId } = budget;
        const hashes = [
          budgetContentHash({ budgetId, revision: 1, budget }),
          budgetContentHash({ budgetId, revision: 2, budget }),
          budgetContentHash({ budgetId, revision: 1, budget: null }),
          budgetContentHash({ budgetId, revision: 1, budget: { ...budget, limitPico: -1n } }),
        ];
        expect(new Set(hashes).size).toBe(hashes.length);
      }),
      propertyOptions(20),
    );
  });
});
