import { parsed } from '#libs/ledger';
import type { ReportedRecord } from '#libs/spend-log';
import { spendEvent } from '#libs/testing';
import { readReported } from './read-reported';

const { data: DATA, ...ATTRIBUTES } = spendEvent({ type: 'user', userId: 'alice' }, '1.00');
const WHOLE = { ...ATTRIBUTES, data: DATA };
const BINARY = Object.fromEntries(
  Object.entries(ATTRIBUTES).map(([name, value]) => [`ce_${name}`, String(value)]),
);

function read(headers: Record<string, string>, value: unknown) {
  const record: ReportedRecord = {
    headers: new Map(Object.entries(headers).map(([name, text]) => [name, [Buffer.from(text)]])),
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    timestampMs: 0,
    undecodable: undefined,
  };
  return readReported(record);
}
const faultsOf = (headers: Record<string, string>, value: unknown) => {
  const event = read(headers, value);
  return event.ok ? [] : event.errors.map(({ field, rule }) => `${field} ${rule}`);
};

describe('a record whose value is a whole CloudEvent', () => {
  it.each([
    {},
    { 'content-type': 'application/json' },
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'application/cloudevents+json' },
    { 'content-type': 'application/cloudevents-batch+json' },
    { 'content-type': 'application/octet-stream' },
    { 'content-type': 'text/plain' },
    { 'content-type': '' },
    { mine: 'x', 'content-length': '7' },
  ])('is one with the headers %j', (headers) => {
    expect(read(headers, WHOLE)).toEqual(parsed({ attributes: ATTRIBUTES, data: DATA }));
  });

  it('may have its data in base64', () => {
    const data_base64 = Buffer.from(JSON.stringify(DATA)).toString('base64');
    expect(read({}, { ...ATTRIBUTES, data_base64 })).toEqual(read({}, WHOLE));
    expect(faultsOf({}, { ...WHOLE, data_base64 })).toEqual(['data_base64 absent']);
  });

  it('is read in binary mode where a header says an attribute', () => {
    expect(read({ ...BINARY, 'content-type': 'application/json' }, WHOLE)).toMatchObject({
      ok: true,
      value: { data: WHOLE },
    });
  });
});

describe('a record in binary mode', () => {
  it('is what its headers and its value say', () => {
    const attributes = { ...ATTRIBUTES, datacontenttype: 'application/json' };
    for (const more of [{}, { 'content-type': 'application/json' }]) {
      expect(read({ ...BINARY, ...more }, DATA)).toEqual(parsed({ attributes, data: DATA }));
    }
  });

  it.each<[string, Record<string, string>, unknown, string]>([
    ['the media type of others', { ...BINARY, 'content-type': 'text/xml' }, DATA, 'media_type'],
    ['it without attributes', { 'content-type': 'text/xml' }, DATA, 'media_type'],
    ['a batch', { 'content-type': 'application/cloudevents-batch+json' }, [WHOLE], 'media_type'],
    ['another character set', { 'content-type': 'application/json;charset=latin1' }, WHOLE, 'utf8'],
  ])('is refused for %s', (_what, headers, value, rule) => {
    expect(faultsOf(headers, value)).toEqual([`content-type ${rule}`]);
  });

  it.each(['', 'garbage', '{"specversion":"1.0",}'])('is refused for the value %j', (value) => {
    expect(faultsOf({}, value)).toEqual([' json']);
  });
});
