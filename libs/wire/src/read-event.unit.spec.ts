import { readEvent } from './read-event';
import type { RecordBytes } from './record';

const HASH = '0'.repeat(64);
const SPEND: RecordBytes['headers'] = {
  ce_specversion: '1.0',
  ce_id: 'call-1',
  ce_source: 'gateway-a',
  ce_type: 'spendledger.spend.recorded.v1',
  ce_time: '2026-04-27T10:00:00Z',
  'content-type': 'application/json',
  ce_recordedat: '2026-04-27T10:00:01Z',
  ce_caller: 'anonymous',
  ce_contenthash: HASH,
};
const DATA = {
  scope: { type: 'key', keyId: 'k' },
  amount: '1.00',
  currency: 'USD',
  basis: 'exact',
};
const HOLD = { ...DATA, holdId: '0197b5c2-7d1e-7000-8000-00000000002a' };
const BUDGET = {
  ...SPEND,
  ce_id: 'b/1',
  ce_source: 'ledger/budgets',
  ce_type: 'spendledger.budget.set.v1',
};
const SETTINGS = {
  budgetId: 'b',
  account: 'user:alice',
  limit: '200.00',
  window: { type: 'total' },
  revision: 1,
};

function read(headers: object, value: string | Buffer) {
  const given = Object.entries(headers).filter(([, text]) => text !== undefined);
  const record = { headers: Object.fromEntries(given), value: Buffer.from(value) };
  return readEvent(record, { currency: 'USD' });
}
function faultsOf(headers: object, data: unknown): string[] {
  const event = read(headers, JSON.stringify(data));
  return event.ok ? [] : event.errors.map(({ field, rule }) => `${field} ${rule}`);
}

describe('a record of the log', () => {
  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['two values', '{}{}'],
    ['not UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['a lone byte', Buffer.from([0xff])],
    ['a trailing comma', '{"a":1,}'],
    ['an unclosed depth', '['.repeat(100_000)],
  ])('that is %s is quarantined', (_what, value) => {
    expect(read(SPEND, value)).toMatchObject({ ok: false, errors: [{ field: '', rule: 'json' }] });
  });

  it.each([
    [{ ce_recordedat: undefined }, 'recordedat required'],
    [{ ce_recordedat: 'yesterday' }, 'recordedat rfc3339'],
    [{ ce_caller: undefined }, 'caller string'],
    [{ ce_caller: 'a\u0000b' }, 'caller well_formed'],
    [{ ce_caller: '\ud800' }, 'caller well_formed'],
    [{ ce_contenthash: undefined }, 'contenthash sha256'],
    [{ ce_contenthash: 'A'.repeat(64) }, 'contenthash sha256'],
    [{ ce_contenthash: '0'.repeat(63) }, 'contenthash sha256'],
    [{ ce_type: undefined }, 'type one_of'],
    [{ ce_type: 'spendledger.spend.recorded.v2' }, 'type one_of'],
    [{ ce_type: 'constructor' }, 'type one_of'],
    [{ ce_id: undefined }, 'id required'],
    [{ ce_id: '' }, 'id not_empty'],
    [{ ce_source: undefined }, 'source required'],
    [{ ce_time: undefined }, 'time required'],
    [{ ce_time: '2026-04-27T10:00:00' }, 'time offset'],
    [{ ce_traceparent: 'a\u0000b' }, 'traceparent control'],
    [{ ce_subject: '\udc00' }, 'subject control'],
    [{ ce_: 'x' }, ' unknown_member'],
  ])('with the headers %j is quarantined', (change, fault) => {
    expect(faultsOf({ ...SPEND, ...change }, DATA)).toEqual([fault]);
  });

  // What doors have refused only since then is on record: a replay must not come to something else.
  it.each([{ ce_subject: '' }, { ce_dataschema: 'schema.json' }, { ce_traceparent: '\uffff' }])(
    'keeps extensions that a door would refuse now: %j',
    (change) => {
      expect(faultsOf({ ...SPEND, ...change }, DATA)).toEqual([]);
    },
  );

  it('has no data in base64, as none was ever written', () => {
    const { ce_specversion: specversion, ce_id: id, ce_source: source, ce_type: type } = SPEND;
    const event = {
      specversion,
      id,
      source,
      type,
      time: SPEND['ce_time'],
      recordedat: SPEND['ce_recordedat'],
      caller: 'anonymous',
      contenthash: HASH,
      data_base64: Buffer.from(JSON.stringify(DATA)).toString('base64'),
    };
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(read(headers, JSON.stringify(event))).toMatchObject({
      ok: false,
      errors: [{ field: 'data', rule: 'required' }],
    });
  });

  it.each(['settled', 'ended', 'foreign', 'unknown'])(
    'may say of the hold that its spend names: %s',
    (holdOutcome) => {
      const headers = { ...SPEND, ce_holdoutcome: holdOutcome };
      const value = { spend: { holdId: HOLD.holdId }, holdOutcome, extensions: {} };
      expect(read(headers, JSON.stringify(HOLD))).toMatchObject({ ok: true, value });
    },
  );

  it('that names a hold need not say what became of it', () => {
    const event = read(SPEND, JSON.stringify(HOLD));
    expect(event).toMatchObject({ ok: true, value: { spend: { holdId: HOLD.holdId } } });
    expect(event.ok && event.value).not.toHaveProperty('holdOutcome');
  });

  it.each<[object, unknown, string]>([
    [{ ce_holdoutcome: 'settled' }, DATA, 'holdoutcome absent'],
    [{ ce_holdoutcome: '' }, DATA, 'holdoutcome absent'],
    [{ ce_holdoutcome: '' }, HOLD, 'holdoutcome one_of'],
    [{ ce_holdoutcome: 'Settled' }, HOLD, 'holdoutcome one_of'],
    [{ ce_holdoutcome: 'settled ' }, HOLD, 'holdoutcome one_of'],
    [{ ce_holdoutcome: 'released' }, HOLD, 'holdoutcome one_of'],
    [{ ce_holdoutcome: 'constructor' }, HOLD, 'holdoutcome one_of'],
  ])('with the headers %j and the data %j is quarantined', (change, data, fault) => {
    expect(faultsOf({ ...SPEND, ...change }, data)).toEqual([fault]);
  });

  it.each<[unknown, string]>([
    [null, 'data object'],
    [[], 'data object'],
    ['x', 'data object'],
    [{ ...DATA, amount: '-1' }, 'data.amount decimal'],
    [{ ...DATA, amount: undefined }, 'data.amount required'],
    [{ ...DATA, currency: 'EUR' }, 'data.currency currency'],
    [{ ...DATA, scope: { type: 'user', userId: '' } }, 'data.scope.userId not_empty'],
    [{ ...DATA, metadata: { a: 'b\u0000' } }, 'data.metadata.a well_formed'],
    [{ ...DATA, added: 'later' }, 'data.added unknown_member'],
  ])('with the data %j is quarantined', (data, fault) => {
    expect(faultsOf(SPEND, data)).toEqual([fault]);
  });

  it.each<[object, unknown, string]>([
    [{}, null, 'data object'],
    [{}, [], 'data.budgetId budget_id'],
    [{}, { ...SETTINGS, budgetId: 'a/b' }, 'data.budgetId budget_id'],
    [{}, { ...SETTINGS, revision: 0 }, 'data.revision revision'],
    [{}, { ...SETTINGS, revision: 1.5 }, 'data.revision revision'],
    [{}, { ...SETTINGS, revision: '1' }, 'data.revision revision'],
    [{}, { ...SETTINGS, revision: 2 ** 31 }, 'data.revision revision'],
    [{}, { ...SETTINGS, revision: 2 }, 'id revision'],
    [{ ce_id: 'c/1' }, SETTINGS, 'id revision'],
    [{ ce_id: 'b/01' }, SETTINGS, 'id revision'],
    [{ ce_source: 'gateway-a' }, SETTINGS, 'id revision'],
    [{ ce_source: 'ledger/holds' }, SETTINGS, 'id revision'],
    [{}, { ...SETTINGS, limit: 200 }, 'limit decimal_string'],
    [{}, { ...SETTINGS, strange: 1 }, 'strange unknown_member'],
  ])('of a budget with %j and %j is quarantined', (change, data, fault) => {
    expect(faultsOf({ ...BUDGET, ...change }, data)).toEqual([fault]);
  });

  it('is not judged by a clock, a door’s rules or its hash', () => {
    const later = { ...SPEND, ce_time: '9999-12-31T23:59:59Z', ce_source: 'ledger/holds' };
    expect(faultsOf(later, DATA)).toEqual([]);
    const secret = { ...DATA, metadata: { key: 'sk-abcdefghijklmnop' } };
    expect(faultsOf({ ...SPEND, ce_contenthash: 'f'.repeat(64) }, secret)).toEqual([]);
  });

  it('may be written in structured mode, its media type in any case', () => {
    const event = {
      ...Object.fromEntries(
        Object.entries(SPEND).map(([name, text]) => [name.replace(/^ce_/, ''), text]),
      ),
      'content-type': undefined,
      traceparent: null,
      sequence: 42,
      data: DATA,
    };
    const headers = { 'content-type': 'Application/CloudEvents+JSON; charset=utf-8' };
    expect(read(headers, JSON.stringify(event))).toMatchObject({
      ok: true,
      value: { kind: 'spend_recorded', extensions: { sequence: '42' } },
    });
  });

  // `String(…)` throws on an object that hides its toString.
  it.each([
    [{ traceparent: { toString: 1, valueOf: 1 } }, 'traceparent type'],
    [{ traceparent: [] }, 'traceparent type'],
    [{ traceParent: 'x' }, 'traceParent unknown_member'],
    [{ holdoutcome: 7, data: HOLD }, 'holdoutcome one_of'],
    [{ holdoutcome: ['settled'], data: HOLD }, 'holdoutcome one_of'],
  ])('in structured mode with %j is quarantined', (change, fault) => {
    const event = {
      specversion: '1.0',
      id: 'call-1',
      source: 'gateway-a',
      type: 'spendledger.spend.recorded.v1',
      time: '2026-04-27T10:00:00Z',
      recordedat: '2026-04-27T10:00:01Z',
      caller: 'anonymous',
      contenthash: HASH,
      data: DATA,
      ...change,
    };
    expect(faultsOf({ 'content-type': 'application/cloudevents+json' }, event)).toEqual([fault]);
  });

  it.each(['null', '[]', '"x"', '7'])('in structured mode is not %s', (value) => {
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(read(headers, value)).toMatchObject({ ok: false, errors: [{ rule: 'object' }] });
  });
});
