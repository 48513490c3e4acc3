import fc from 'fast-check';
import { formatInstant, instantOf, parseScope } from '#libs/ledger';
import { instants, metadata, propertyOptions, scopes } from '#libs/testing';
import {
  instantOfTimestamp,
  jsonOfStruct,
  scopeFieldInProto,
  scopeOfMessage,
  snakeCase,
  timestampOf,
  type ScopeMessage,
  type StructMessage,
} from './proto-messages';

type ValueMessage = NonNullable<StructMessage['fields']>[string];

const faultOf = (seconds: string | number, nanos: number) => {
  const instant = instantOfTimestamp({ seconds, nanos }, 'event.time');
  return instant.ok ? formatInstant(instant.value) : instant.errors[0]!.field;
};

describe('a timestamp', () => {
  it('is the same instant after it was written and read', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        const { seconds, nanos } = timestampOf(instant);
        const read = { ok: true, value: instant };
        expect(instantOfTimestamp({ seconds, nanos }, 'time')).toEqual(read);
        expect(instantOfTimestamp({ seconds: String(seconds), nanos }, 'time')).toEqual(read);
      }),
      propertyOptions(300),
    );
  });

  it.each([
    ['1970-01-01T00:00:00Z', 0, 0],
    ['1969-12-31T23:59:59.999999Z', -1, 999_999_000],
    ['1969-12-31T23:59:58.5Z', -2, 500_000_000],
    ['0001-01-01T00:00:00Z', -62_135_596_800, 0],
    ['9999-12-31T23:59:59.999999Z', 253_402_300_799, 999_999_000],
  ])('of %s is %d s and %d ns: nanoseconds count forward, before 1970 too', (time, ...parts) => {
    const [seconds, nanos] = parts;
    expect(timestampOf(instantOf(time))).toEqual({ seconds, nanos });
  });

  it.each([
    ['0', 999, '1970-01-01T00:00:00Z'],
    ['0', 1_999, '1970-01-01T00:00:00.000001Z'],
    ['-1', 999_999_999, '1969-12-31T23:59:59.999999Z'],
    ['253402300799', 999_999_999, '9999-12-31T23:59:59.999999Z'],
  ])('of %s s and %d ns loses what is below a microsecond: %s', (seconds, nanos, time) => {
    expect(faultOf(seconds, nanos)).toBe(time);
  });

  it.each([
    ['0', -1, 'event.time.nanos'],
    ['0', 1_000_000_000, 'event.time.nanos'],
    ['0', -2_147_483_648, 'event.time.nanos'],
    ['0', 2_147_483_647, 'event.time.nanos'],
    ['-62135596801', 0, 'event.time.seconds'],
    ['253402300800', 0, 'event.time.seconds'],
    ['9223372036854775807', 0, 'event.time.seconds'],
    ['-9223372036854775808', 999_999_999, 'event.time.seconds'],
  ])('of %s s and %d ns is refused: %s', (seconds, nanos, field) => {
    expect(faultOf(seconds, nanos)).toBe(field);
  });
});

/** A JSON tree as the Struct that stands for it. */
function structOf(tree: Record<string, unknown>): StructMessage {
  const fields = Object.entries(tree).map(([name, value]) => [name, valueOf(value)] as const);
  return { fields: Object.fromEntries(fields) };
}
function valueOf(value: unknown): ValueMessage {
  if (value === null) return { kind: 'nullValue' };
  if (typeof value === 'string') return { kind: 'stringValue', stringValue: value };
  if (typeof value === 'number') return { kind: 'numberValue', numberValue: value };
  if (typeof value === 'boolean') return { kind: 'boolValue', boolValue: value };
  if (Array.isArray(value)) {
    return { kind: 'listValue', listValue: { values: value.map(valueOf) } };
  }
  return { kind: 'structValue', structValue: structOf(value as Record<string, unknown>) };
}

describe('a Struct', () => {
  it('is the JSON it stands for', () => {
    fc.assert(
      fc.property(metadata, (tree) => {
        expect(jsonOfStruct(structOf(tree), 32)).toEqual(tree);
      }),
      propertyOptions(),
    );
  });

  it.each<[string, StructMessage, Record<string, unknown>]>([
    ['nothing', {}, {}],
    ['an empty list', { fields: { a: { kind: 'listValue', listValue: {} } } }, { a: [] }],
    ['a list of none', { fields: { a: { kind: 'listValue' } } }, { a: [] }],
    ['a struct of none', { fields: { a: { kind: 'structValue' } } }, { a: {} }],
    [
      'two kinds at once, of which the last counts',
      { fields: { a: { stringValue: 'x', kind: 'boolValue', boolValue: true } } },
      { a: true },
    ],
  ])('of %s', (_what, message, json) => {
    expect(jsonOfStruct(message, 32)).toEqual(json);
  });

  it.each<[string, ValueMessage]>([
    ['no kind', {}],
    ['a kind nobody knows', { kind: 'bytesValue' }],
    ['a kind that is a name of Object', { kind: 'constructor' }],
  ])('marks a value of %s, for no JSON tree may hold it', (_what, value) => {
    expect(jsonOfStruct({ fields: { a: value } }, 32)).toStrictEqual({ a: undefined });
    const list: ValueMessage = { kind: 'listValue', listValue: { values: [value] } };
    expect(jsonOfStruct({ fields: { a: list } }, 32)).toStrictEqual({ a: [undefined] });
  });

  it('hands on numbers that JSON cannot say, for the check of the tree', () => {
    const fields = {
      a: { kind: 'numberValue', numberValue: NaN },
      b: { kind: 'numberValue', numberValue: Infinity },
    };
    expect(jsonOfStruct({ fields }, 32)).toEqual({ a: NaN, b: Infinity });
  });

  it('keeps a member named __proto__ a member', () => {
    const fields = Object.fromEntries([['__proto__', { kind: 'boolValue', boolValue: true }]]);
    const json = jsonOfStruct({ fields }, 32);
    expect(Object.keys(json)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
  });

  it('is read to a depth, and marked below it', () => {
    expect(jsonOfStruct(structOf({ a: { b: { c: 1 } } }), 3)).toEqual({ a: { b: { c: 1 } } });
    expect(jsonOfStruct(structOf({ a: { b: { c: 1 } } }), 2)).toEqual({
      a: { b: { c: undefined } },
    });
    expect(jsonOfStruct(structOf({ a: [[1]] }), 2)).toEqual({ a: [[undefined]] });
    let deep: ValueMessage = { kind: 'stringValue', stringValue: 'x' };
    for (let level = 0; level < 100_000; level++) {
      deep = { kind: 'listValue', listValue: { values: [deep] } };
    }
    const json = jsonOfStruct({ fields: { a: deep } }, 32);
    expect(JSON.stringify(json)).toBe(`{"a":${'['.repeat(32)}null${']'.repeat(32)}}`);
  });
});

describe('a scope message', () => {
  const messageOf = (scope: Record<string, string>): ScopeMessage => {
    const { type, ...given } = scope;
    const inProto = Object.entries(given).map(([name, id]) => [snakeCase(name), id]);
    return { scope: type, [type!]: Object.fromEntries(inProto) } as ScopeMessage;
  };

  it('is the scope it stands for', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const read = scopeOfMessage(messageOf({ ...scope }));
        expect(read).toEqual(scope);
        expect(parseScope(read, 'scope')).toEqual({ ok: true, value: scope });
      }),
      propertyOptions(),
    );
  });

  it.each([[null], [undefined], [{}]])('that says nothing is none: %j', (message) => {
    expect(scopeOfMessage(message)).toBeUndefined();
  });

  it('keeps an id that is there and empty, so that it is refused', () => {
    expect(scopeOfMessage({ team: { team_id: '', user_id: '' } })).toEqual({
      type: 'team',
      teamId: '',
      userId: '',
    });
  });

  it('names its fields as the proto does', () => {
    expect(scopeFieldInProto('userId', 'team')).toBe('.team.user_id');
    expect(scopeFieldInProto('keyId', 'key')).toBe('.key.key_id');
    expect(scopeFieldInProto('type', 'key')).toBe('');
    expect(scopeFieldInProto('', 'key')).toBe('');
    expect(scopeFieldInProto('userId', undefined)).toBe('');
  });
});
