import { attributeFaults, extensionsOf, readStructuredEvent, type CloudEvent } from './cloud-event';

const STANDARD = {
  specversion: '1.0',
  id: 'call-1',
  source: 'gateway-a',
  type: 'spendledger.spend.recorded.v1',
  time: '2026-04-27T10:00:00Z',
};

function read(change: object): CloudEvent {
  const event = readStructuredEvent({ ...STANDARD, ...change, data: {} });
  if (!event.ok) throw new Error('an object is taken apart');
  return event.value;
}
const faultsOf = (change: object) =>
  attributeFaults(read(change)).map(({ field, rule }) => `${field} ${rule}`);

describe('the attributes of a CloudEvent', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'APPLICATION/JSON',
    'application/vnd.spend+json',
    'application/cloudevents+json',
  ])('may have data of type %s', (datacontenttype) => {
    expect(faultsOf({ datacontenttype })).toEqual([]);
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/jsonx',
    'json',
    '',
    7,
    ['application/json'],
  ])('may not have data of type %j', (datacontenttype) => {
    expect(faultsOf({ datacontenttype })).toEqual(['datacontenttype media_type']);
  });

  it.each([
    [{ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }],
    [{ subject: 'ünïcode \u{1f4b8}' }],
    [{ dataschema: 'https://example.com/schema' }],
    [{ sampled: true, sequence: -42, x1: '' }],
    [{ constructor: 'a name like any other' }],
    [{ ['x'.repeat(64)]: 'long' }],
    [{ dataschema: 'urn:example:spend%20v1?a=b#c' }],
    [{ sequence: 2 ** 31 - 1, offset: -(2 ** 31) }],
    [{ sequence: '9007199254740993' }],
  ])('may be accompanied by %j', (extensions) => {
    expect(faultsOf(extensions)).toEqual([]);
  });

  it('travel as strings, without those the ledger reads itself', () => {
    const extensions = {
      sampled: true,
      sequence: -42,
      x1: '',
      datacontenttype: 'application/json',
    };
    expect(extensionsOf(read(extensions))).toEqual({ sampled: 'true', sequence: '-42', x1: '' });
  });

  // CloudEvents' JSON format: an attribute that is null is unset.
  it('are unset when they are null', () => {
    const unset = { datacontenttype: null, traceparent: null, recordedat: null, holdoutcome: null };
    expect(faultsOf(unset)).toEqual([]);
    expect(extensionsOf(read(unset))).toEqual({});
    expect(faultsOf({ specversion: null })).toEqual(['specversion one_of']);
  });

  it.each([
    [{ traceParent: 'x' }, 'traceParent unknown_member'],
    [{ 'trace-parent': 'x' }, 'trace-parent unknown_member'],
    [{ data_base64: 'e30=' }, 'data_base64 unknown_member'],
    [{ '': 'x' }, ' unknown_member'],
    [{ ['x'.repeat(65)]: 'x' }, `${'x'.repeat(65)} unknown_member`],
    [{ ünï: 'x' }, 'ünï unknown_member'],
    [{ recordedat: '2026-04-27T10:00:00Z' }, 'recordedat reserved'],
    [{ knownat: '2026-04-27T10:00:00Z' }, 'knownat reserved'],
    [{ position: '0:1' }, 'position reserved'],
    [{ caller: 'admin' }, 'caller reserved'],
    [{ contenthash: '0'.repeat(64) }, 'contenthash reserved'],
    [{ holdoutcome: 'settled' }, 'holdoutcome reserved'],
    [{ holdoutcome: '' }, 'holdoutcome reserved'],
    [{ ledgerlabels: '{"org":"acme"}' }, 'ledgerlabels reserved'],
    [{ ledgerpools: 'yes' }, 'ledgerpools reserved'],
    [{ traceparent: {} }, 'traceparent type'],
    [{ traceparent: ['x'] }, 'traceparent type'],
    [{ sequence: 1.5 }, 'sequence type'],
    [{ sequence: 2 ** 53 }, 'sequence type'],
    [{ sequence: 2 ** 31 }, 'sequence range'],
    [{ sequence: -(2 ** 31) - 1 }, 'sequence range'],
    [{ sequence: Number.MAX_SAFE_INTEGER }, 'sequence range'],
    [{ subject: '' }, 'subject not_empty'],
    [{ subject: 5 }, 'subject string'],
    [{ subject: true }, 'subject string'],
    [{ subject: ['x'] }, 'subject type'],
    [{ subject: 'a\uffff' }, 'subject noncharacter'],
    [{ traceparent: '\u{1fffe}' }, 'traceparent noncharacter'],
    [{ dataschema: '' }, 'dataschema not_empty'],
    [{ dataschema: 7 }, 'dataschema string'],
    [{ dataschema: false }, 'dataschema string'],
    [{ dataschema: 'schema.json' }, 'dataschema uri'],
    [{ dataschema: '//example.com/schema' }, 'dataschema uri'],
    [{ dataschema: 'https://example.com/a schema' }, 'dataschema uri'],
    [{ dataschema: 'https://example.com/%zz' }, 'dataschema uri'],
    [{ dataschema: 'https:' }, 'dataschema uri'],
    [{ traceparent: 'a\u0000b' }, 'traceparent control'],
    [{ traceparent: 'a\nb' }, 'traceparent control'],
    [{ traceparent: 'a\u0085b' }, 'traceparent control'],
    [{ traceparent: '\ud800' }, 'traceparent control'],
  ])('may not be accompanied by %j', (extensions, fault) => {
    expect(faultsOf(extensions)).toEqual([fault]);
  });

  it('are not named data, which only a header could be', () => {
    const event: CloudEvent = { attributes: { ...STANDARD, data: 'x' }, data: {} };
    expect(attributeFaults(event)).toMatchObject([{ field: 'data', rule: 'unknown_member' }]);
  });

  it('are told of by their names, unless the name is a secret', () => {
    expect(faultsOf({ 'sk-abcdefghijklmnop': 'x' })).toEqual(['(secret) unknown_member']);
  });
});

describe('a structured CloudEvent', () => {
  it('is taken apart into attributes and data', () => {
    const data = { any: 'thing' };
    expect(readStructuredEvent({ ...STANDARD, data })).toEqual({
      ok: true,
      value: { attributes: STANDARD, data },
    });
    expect(readStructuredEvent({ data: null })).toEqual({
      ok: true,
      value: { attributes: {}, data: null },
    });
  });

  it.each([[null], [undefined], [[]], [[STANDARD]], ['{}'], [7], [true]])('is no %j', (value) => {
    expect(readStructuredEvent(value)).toMatchObject({ ok: false, errors: [{ rule: 'object' }] });
  });
});
