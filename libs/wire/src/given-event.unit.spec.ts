import fc from 'fast-check';
import { metadata, propertyOptions } from '#libs/testing';
import { readGivenEvent } from './given-event';

const STANDARD = { specversion: '1.0', id: 'call-1', source: 'gateway-a' };
const DATA = { scope: { type: 'user', userId: 'josé' }, amount: '1.00' };

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const readBase64 = (data_base64: unknown, more: object = {}) =>
  readGivenEvent({ ...STANDARD, ...more, data_base64 });
const faultsOf = (data_base64: unknown, more: object = {}) => {
  const event = readBase64(data_base64, more);
  return event.ok ? [] : event.errors.map(({ field, rule }) => `${field} ${rule}`);
};

describe('an event whose data stand in data_base64', () => {
  it('is the same as with data, and has no attribute of that name', () => {
    fc.assert(
      fc.property(metadata, (tree) => {
        const data = { ...DATA, metadata: tree };
        const event = readBase64(base64(JSON.stringify(data)));
        expect(event).toEqual(readGivenEvent({ ...STANDARD, data }));
        expect(event.ok && Object.keys(event.value.attributes)).toEqual(Object.keys(STANDARD));
      }),
      propertyOptions(200),
    );
  });

  it('is an event without it where it is null, which is unset', () => {
    const event = readBase64(null, { data: DATA });
    expect(event).toEqual(readGivenEvent({ ...STANDARD, data: DATA }));
  });

  it.each<[string, unknown]>([
    ['an object', DATA],
    ['null', null],
    ['false', false],
    ['an empty text', ''],
  ])('may not have data besides: %s', (_what, data) => {
    expect(faultsOf(base64('{}'), { data })).toEqual(['data_base64 absent']);
  });

  it.each<[string, unknown, string]>([
    ['a number', 7, 'data_base64 string'],
    ['an object', {}, 'data_base64 string'],
    ['letters of another alphabet', 'e30_', 'data_base64 base64'],
    ['that alphabet in full', base64('{"a":"~~~???"}').replaceAll('/', '_'), 'data_base64 base64'],
    ['no padding', 'e30', 'data_base64 base64'],
    ['too much padding', 'e30==', 'data_base64 base64'],
    ['padding in the middle', 'e3==0=', 'data_base64 base64'],
    ['bits that say nothing', 'e31=', 'data_base64 base64'],
    ['a line break', 'e30=\n', 'data_base64 base64'],
    ['white space', ' e30=', 'data_base64 base64'],
    ['plain JSON', '{}', 'data_base64 base64'],
    ['nothing', '', 'data_base64 json'],
    ['no JSON', base64('garbage'), 'data_base64 json'],
    ['bytes that are not UTF-8', base64(Buffer.from([0, 0xff, 1])), 'data_base64 utf8'],
    ['a byte order mark', base64('\ufeff{}'), 'data_base64 json'],
    ['a member twice', base64('{"amount":"1","amount":"2"}'), 'data.amount unique_members'],
    ['U+0000', base64('{"a":{"b":"\\u0000"}}'), 'data.a.b well_formed'],
    ['a list with U+0000', base64('["\\u0000"]'), 'data[0] well_formed'],
    ['31 levels and one more', base64('['.repeat(32) + ']'.repeat(32)), 'data_base64 depth'],
  ])('is refused for %s', (_what, encoded, fault) => {
    expect(faultsOf(encoded)).toEqual([fault]);
  });

  it('may be as deep as any', () => {
    expect(faultsOf(base64('['.repeat(31) + ']'.repeat(31)))).toEqual([]);
  });
});
