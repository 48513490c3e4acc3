import { instantOf } from '#libs/ledger';
import { readStructuredEvent } from './cloud-event';
import { parseReportedSpend } from './parse-reported';

const NOW = '2026-04-27T12:00:00Z';
const EVENT = {
  specversion: '1.0',
  id: 'call-1',
  source: 'gateway-a',
  type: 'spendledger.spend.recorded.v1',
  time: '2026-04-27T10:00:00Z',
};
const DATA = { scope: { type: 'user', userId: 'alice' }, amount: '0.05' };

function parse(document: unknown) {
  const event = readStructuredEvent(document);
  if (!event.ok) return event;
  return parseReportedSpend(event.value, { currency: 'USD', now: instantOf(NOW) });
}
function faultsOf(document: unknown): string[] {
  const spend = parse(document);
  return spend.ok ? [] : spend.errors.map(({ field, rule }) => `${field} ${rule}`);
}
const withAttributes = (change: object) => faultsOf({ ...EVENT, ...change, data: DATA });
const withData = (change: object) => faultsOf({ ...EVENT, data: { ...DATA, ...change } });

describe('a spend in a CloudEvent', () => {
  it('is read with its defaults filled in', () => {
    expect(parse({ ...EVENT, data: DATA })).toEqual({
      ok: true,
      value: {
        spend: {
          id: 'call-1',
          source: 'gateway-a',
          time: instantOf('2026-04-27T10:00:00Z'),
          scope: { type: 'user', userId: 'alice' },
          amountPico: 50_000_000_000n,
          currency: 'USD',
          basis: 'exact',
        },
        extensions: {},
      },
    });
  });

  it('is read with everything it may say', () => {
    const scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' };
    const said = {
      currency: 'USD',
      basis: 'estimated',
      requestId: 'req-1',
      holdId: 'hold-1',
      model: 'gpt-5',
      metadata: { any: ['thing', { nested: null }] },
    };
    const labels = { org: 'acme', project: 'a/b c%' };
    const { amount, ...spread } = { amount: '400.00', ...said, labels };
    expect(parse({ ...EVENT, data: { scope, amount, ...spread } })).toMatchObject({
      ok: true,
      value: {
        spend: {
          scope,
          amountPico: 400_000_000_000_000n,
          ...said,
          labels: new Map(Object.entries(labels)),
        },
      },
    });
  });

  it.each([
    [{ specversion: undefined }, 'specversion one_of'],
    [{ specversion: null }, 'specversion one_of'],
    [{ specversion: '0.3' }, 'specversion one_of'],
    [{ specversion: 1.0 }, 'specversion one_of'],
    [{ id: undefined }, 'id required'],
    [{ id: null }, 'id required'],
    [{ id: '' }, 'id not_empty'],
    [{ id: 7 }, 'id string'],
    [{ id: ' call-1' }, 'id trimmed'],
    [{ id: 'c'.repeat(257) }, 'id length'],
    [{ source: undefined }, 'source required'],
    [{ source: '' }, 'source not_empty'],
    [{ source: ['gateway-a'] }, 'source string'],
    [{ source: 'ledger/budgets' }, 'source reserved'],
    [{ source: 'ledger/' }, 'source reserved'],
    [{ source: 'gateway/plain' }, 'source reserved'],
    [{ type: undefined }, 'type required'],
    [{ type: null }, 'type required'],
    [{ type: '' }, 'type one_of'],
    [{ type: 'spendledger.spend.recorded.v2' }, 'type one_of'],
    [{ type: 'spendledger.budget.set.v1' }, 'type one_of'],
    [{ type: 7 }, 'type one_of'],
    [{ time: undefined }, 'time required'],
    [{ time: null }, 'time required'],
    [{ time: '' }, 'time rfc3339'],
    [{ time: '2026-04-27' }, 'time rfc3339'],
    [{ time: '2026-04-27T10:00:00' }, 'time offset'],
    [{ time: '2026-02-30T10:00:00Z' }, 'time rfc3339'],
    [{ time: 1_777_284_000 }, 'time rfc3339'],
    [{ time: '2026-04-27T12:05:00.000001Z' }, 'time not_ahead'],
    [{ time: '9999-12-31T23:59:59Z' }, 'time not_ahead'],
  ])('is refused with the attribute %j', (change, fault) => {
    expect(withAttributes(change)).toEqual([fault]);
  });

  it.each(['2026-04-27T12:05:00Z', '2026-04-27T14:05:00+02:00', '0001-01-01T00:00:00Z'])(
    'may have been at %s: as late as it likes, and at most 5 minutes ahead',
    (time) => {
      expect(withAttributes({ time })).toEqual([]);
    },
  );

  it('tells a producer that is ahead what the clock says', () => {
    const spend = parse({ ...EVENT, time: '2027-01-01T00:00:00Z', data: DATA });
    expect(JSON.stringify(spend)).toContain(NOW);
  });

  it.each(['ledger', 'ledgers/a', '/ledger/a', 'Ledger/a', 'my/ledger/a'])(
    'may come from the source %s',
    (source) => {
      expect(withAttributes({ source })).toEqual([]);
    },
  );

  it.each([
    [{}, 'data required'],
    [{ data: null }, 'data object'],
    [{ data: [] }, 'data object'],
    [{ data: '{}' }, 'data object'],
    [{ data: 7 }, 'data object'],
  ])('is refused with %j for data', (data, fault) => {
    expect(faultsOf({ ...EVENT, ...data })).toEqual([fault]);
  });

  it.each([
    [{ scope: undefined }, 'data.scope required'],
    [{ scope: null }, 'data.scope object'],
    [{ scope: { type: 'org' } }, 'data.scope.type one_of'],
    [{ scope: { type: 'team', userId: 'alice' } }, 'data.scope.teamId required'],
    [{ scope: { type: 'team', teamId: '', userId: 'alice' } }, 'data.scope.teamId not_empty'],
    [{ scope: { type: 'user', userId: 'a', teamId: 'ml' } }, 'data.scope.teamId unknown_member'],
    [{ amount: undefined }, 'data.amount required'],
    [{ amount: null }, 'data.amount decimal_string'],
    [{ amount: 0.05 }, 'data.amount decimal_string'],
    [{ amount: '-0.05' }, 'data.amount decimal'],
    [{ amount: '5e-2' }, 'data.amount decimal'],
    [{ amount: '0.0000000000001' }, 'data.amount decimal'],
    [{ currency: 'EUR' }, 'data.currency currency'],
    [{ currency: 'usd' }, 'data.currency currency'],
    [{ currency: '' }, 'data.currency currency'],
    [{ currency: null }, 'data.currency currency'],
    [{ basis: 'guess' }, 'data.basis one_of'],
    [{ basis: '' }, 'data.basis one_of'],
    [{ basis: null }, 'data.basis one_of'],
    [{ basis: ['exact'] }, 'data.basis one_of'],
    [{ basis: 'unknown' }, 'data.amount absent'],
    [{ basis: 'unknown', amount: null }, 'data.amount absent'],
    [{ basis: 'unknown', amount: '0' }, 'data.amount absent'],
    [{ requestId: '' }, 'data.requestId not_empty'],
    [{ requestId: null }, 'data.requestId string'],
    [{ requestId: 7 }, 'data.requestId string'],
    [{ holdId: '' }, 'data.holdId not_empty'],
    [{ holdId: {} }, 'data.holdId string'],
    [{ model: '' }, 'data.model not_empty'],
    [{ model: 'a\u0000b' }, 'data.model control'],
    [{ metadata: null }, 'data.metadata object'],
    [{ metadata: [] }, 'data.metadata object'],
    [{ metadata: '{}' }, 'data.metadata object'],
    [{ Amount: '5' }, 'data.Amount unknown_member'],
    [{ cost: '5' }, 'data.cost unknown_member'],
    [{ teamId: 'ml' }, 'data.teamId unknown_member'],
    [{ constructor: 1 }, 'data.constructor unknown_member'],
  ])('is refused with the member %j', (change, fault) => {
    expect(withData(change)).toEqual([fault]);
  });

  it.each([
    [{ amount: '0' }],
    [{ basis: 'unknown', amount: undefined }],
    [{ basis: 'estimated' }],
    [{ metadata: {} }],
  ])('may say %j', (change) => {
    expect(withData(change)).toEqual([]);
  });

  it('tells every fault at once', () => {
    const scope = { type: 'team', teamId: '', org: 'acme' };
    const data = { scope, amount: 5, currency: 'EUR', model: '', cost: '5' };
    const event = { ...EVENT, specversion: '2', id: '', time: 'now', traceParent: 'x', data };
    expect(faultsOf(event).sort()).toEqual([
      'data.amount decimal_string',
      'data.cost unknown_member',
      'data.currency currency',
      'data.model not_empty',
      'data.scope.org unknown_member',
      'data.scope.teamId not_empty',
      'id not_empty',
      'specversion one_of',
      'time rfc3339',
      'traceParent unknown_member',
    ]);
  });

  it.each([[null], [[]], [[EVENT]], ['{}'], [7]])('is no %j', (document) => {
    expect(faultsOf(document)).toEqual([' object']);
  });

  it('takes nothing from members named __proto__', () => {
    const { amount: _amount, ...rest } = DATA;
    const data = `${JSON.stringify(rest).slice(0, -1)},"__proto__":{"amount":"5"}}`;
    expect(faultsOf({ ...EVENT, data: JSON.parse(data) as unknown })).toEqual([
      'data.__proto__ unknown_member',
      'data.amount required',
    ]);
    const { id: _id, ...attributes } = EVENT;
    const text = `${JSON.stringify({ ...attributes, data: DATA }).slice(0, -1)},"__proto__":{"id":"x"}}`;
    expect(faultsOf(JSON.parse(text))).toEqual(['__proto__ unknown_member', 'id required']);
  });
});
