import { redactSecrets } from '#libs/ledger';
import { IsArray, IsString, MaxLength } from 'class-validator';
import { type FieldFault, Problem } from '../problem';
import { OptionalMember, ParsedBy, type ParsedValue } from './parsed';
import { Nested, readBody } from './read-body';
import { readQuery } from './read-query';

function parseMoney(value: unknown, field: string): ParsedValue {
  return typeof value === 'string' && /^\d+$/.test(value)
    ? { ok: true, value: BigInt(value) }
    : { ok: false, errors: [{ field, rule: 'money', message: 'must be money' }] };
}

class WindowDto {
  @IsString()
  readonly type!: string;

  @OptionalMember()
  @ParsedBy((value, field) => parseMoney(value, `${field}.deep`))
  readonly size?: bigint;
}

class BudgetDto {
  @MaxLength(5)
  @IsString()
  readonly account!: string;

  @ParsedBy(parseMoney)
  readonly limit!: bigint;

  @Nested(() => WindowDto)
  readonly window!: WindowDto;

  @OptionalMember()
  @IsArray()
  readonly warnAt?: string[];

  @OptionalMember()
  @ParsedBy((value) => ({ ok: true, value }))
  readonly metadata?: Record<string, unknown>;
}

class PageDto {
  @OptionalMember()
  @IsString()
  readonly account?: string;
}

const GOOD = { account: 'a', limit: '7', window: { type: 'total' } };

function faultsOf(action: () => unknown): readonly FieldFault[] {
  try {
    action();
    return [];
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid') return error.errors;
    throw error;
  }
}
const brief = (faults: readonly FieldFault[]) =>
  faults.map(({ field, rule }) => `${rule}@${field}`);

describe('readBody', () => {
  it('gives an instance with parsed members in the place of raw ones', () => {
    const budget = readBody(BudgetDto, { ...GOOD, window: { type: 'total', size: '3' } });
    expect(budget).toBeInstanceOf(BudgetDto);
    expect(budget.limit).toBe(7n);
    expect(budget.window).toBeInstanceOf(WindowDto);
    expect(budget.window.size).toBe(3n);
    expect(budget.warnAt).toBeUndefined();
  });

  it('hands a parser the member as it came, whatever its own members are called', () => {
    const metadata = JSON.parse('{"constructor":1,"__proto__":2,"toString":3}') as object;
    expect(readBody(BudgetDto, { ...GOOD, metadata }).metadata).toBe(metadata);
  });

  it.each([null, [], 'x', 7, true])('refuses %j, which is no object', (body) => {
    expect(brief(faultsOf(() => readBody(BudgetDto, body)))).toEqual(['object@']);
  });

  it('names each fault by full path and rule, one for each member', () => {
    const body = { account: 7, limit: 'x', window: { size: 'y', kind: 1 }, warnAt: null };
    expect(brief(faultsOf(() => readBody(BudgetDto, body))).sort()).toEqual([
      'isArray@warnAt',
      'isString@account',
      'isString@window.type',
      'money@limit',
      'money@window.size.deep',
      'unknown_member@window.kind',
    ]);
  });

  it.each(['toString', 'constructor', 'hasOwnProperty', '__proto__', 'Account', ''])(
    'refuses the unknown member %j',
    (name) => {
      const body: unknown = JSON.parse(
        `${JSON.stringify(GOOD).slice(0, -1)},${JSON.stringify(name)}:1}`,
      );
      expect(brief(faultsOf(() => readBody(BudgetDto, body)))).toEqual([`unknown_member@${name}`]);
    },
  );

  it('asks a parser about an absent member, unless it is optional', () => {
    const { limit: _limit, ...body } = GOOD;
    expect(brief(faultsOf(() => readBody(BudgetDto, body)))).toEqual(['money@limit']);
  });

  it('does not echo a secret that was sent as a name', () => {
    const secret = `sk-${'a'.repeat(20)}`;
    const faults = faultsOf(() =>
      readBody(BudgetDto, { ...GOOD, [secret]: 1 }, { redact: redactSecrets }),
    );
    expect(brief(faults)).toEqual(['unknown_member@(secret)']);
  });
});

describe('readQuery', () => {
  it('reads parameters, refuses repeated and unknown ones', () => {
    expect(readQuery(PageDto, { account: 'user:a' }).account).toBe('user:a');
    expect(readQuery(PageDto, undefined).account).toBeUndefined();
    expect(brief(faultsOf(() => readQuery(PageDto, { account: ['a', 'b'] })))).toEqual([
      'single@account',
    ]);
    expect(brief(faultsOf(() => readQuery(PageDto, { acount: 'a' })))).toEqual([
      'unknown_member@acount',
    ]);
  });
});
