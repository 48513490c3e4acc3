import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instantOf, type Budget, type Spend } from '#libs/ledger';
import { spendContentHash } from './content-hash';
import type { BudgetRemoved, BudgetSet, LedgerEvent, SpendRecorded } from './ledger-event';
import { readEvent } from './read-event';
import type { RecordBytes } from './record';
import { writeBudgetRevision, writeSpend } from './write-event';

const FOLDER = join(__dirname, '../golden/v1');
const RULES = { currency: 'USD' };
const RECORDED_AT = instantOf('2026-04-27T10:00:01.25Z');

type Stated<Event> = Omit<Event, 'kind' | 'contentHash' | 'recordedAt' | 'caller'>;

const spend = (
  said: Omit<Spend, 'currency' | 'source'> & { readonly source?: string },
  extensions: Record<string, string> = {},
): Stated<SpendRecorded> => ({
  spend: { source: 'gateway-a', currency: 'USD', ...said },
  extensions,
});

/** What each file says. A file is never changed: what was written once must be readable for ever. */
const SPENDS: Readonly<Record<string, Stated<SpendRecorded>>> = {
  'spend-of-a-key': spend({
    id: 'call-1',
    time: instantOf('2026-04-27T10:00:00Z'),
    scope: { type: 'key', keyId: 'key-7' },
    amountPico: 0n,
    basis: 'exact',
  }),
  'spend-of-a-user': spend({
    id: 'call-2',
    source: 'https://gateway.example/a?b=c',
    time: instantOf('2026-04-27T10:00:00.000001Z'),
    scope: { type: 'user', userId: 'auth0|7f3', keyId: 'arn:aws:iam::1:user/bob' },
    amountPico: 1n,
    basis: 'estimated',
  }),
  'spend-of-a-team': spend(
    {
      id: 'call-3',
      time: -500_000n,
      scope: { type: 'team', teamId: 'ml', userId: 'josé@x.org', keyId: '100%/*' },
      amountPico: 999_999_999_999_999_999_999_999_999n,
      basis: 'exact',
      requestId: 'req-1',
      holdId: '0197b5c2-7d1e-7000-8000-00000000002a',
      model: 'gpt-5',
      metadata: {
        tags: ['a', 1, -2, true, null, { deep: [] }],
        '': 'no name',
        '"\\': 'a name with a quote and a backslash',
        'line\nbreak': '\t',
        '\u0001': 'a control character',
        'é\u2028\u{1f4b8}': 'beyond ASCII',
      },
    },
    {
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      subject: 'ünïcode',
      sequence: '42',
    },
  ),
  'spend-that-settles-a-hold': {
    ...spend({
      id: '0197b5c2-7d1e-7000-8000-00000000002a',
      source: 'ledger/holds',
      time: instantOf('2026-04-27T10:00:00Z'),
      scope: { type: 'user', userId: 'alice', keyId: 'key-7' },
      amountPico: 4_250_000_000_000n,
      basis: 'exact',
      holdId: '0197b5c2-7d1e-7000-8000-00000000002a',
    }),
    holdOutcome: 'settled',
  },
  'spend-that-names-an-ended-hold': {
    ...spend(
      {
        id: 'call-5',
        time: instantOf('2026-04-27T10:00:00Z'),
        scope: { type: 'key', keyId: 'key-7' },
        amountPico: 10_000_000_000n,
        basis: 'estimated',
        holdId: 'a hold of another form',
      },
      { sequence: '42' },
    ),
    holdOutcome: 'ended',
  },
  'spend-of-unknown-cost': spend({
    id: 'call-4',
    time: instantOf('2026-04-27T10:00:00Z'),
    scope: { type: 'team', teamId: 'ml' },
    basis: 'unknown',
  }),
};

const ALICE: Budget = {
  budgetId: 'alice-month',
  account: 'user:auth0|7f3',
  limitPico: 200_000_000_000_000n,
  window: { type: 'total' },
  warnAt: [],
  enforce: true,
  outage: 'closed',
};
const BUDGETS: Readonly<Record<string, Stated<BudgetSet>>> = {
  'budget-of-an-account': { budget: ALICE, revision: 1 },
  'budget-for-all-of-a-kind': {
    budget: {
      budgetId: 'A.b_c~d:e@f-9',
      account: 'member:a%2Fb/*',
      limitPico: null,
      window: { type: 'total', from: instantOf('2026-04-01T00:00:00Z') },
      warnAt: ['0.80', '1'],
      enforce: false,
      outage: 'open',
      validUntil: instantOf('2026-05-01T00:00:00.000001Z'),
    },
    revision: 2_147_483_647,
  },
  'budget-by-the-month': {
    budget: {
      ...ALICE,
      window: { type: 'calendar', unit: 'month', zone: 'UTC', startDay: 1, startHour: 0 },
    },
    revision: 1,
  },
  'budget-by-the-week': {
    budget: {
      ...ALICE,
      window: { type: 'calendar', unit: 'week', zone: 'Asia/Kathmandu', startDay: 7, startHour: 6 },
    },
    revision: 1,
  },
  'budget-by-the-fiscal-year': {
    budget: {
      ...ALICE,
      window: {
        type: 'calendar',
        unit: 'year',
        zone: 'America/Port-au-Prince',
        startMonth: 4,
        startDay: 28,
        startHour: 23,
      },
    },
    revision: 1,
  },
  'budget-every-31st': {
    budget: {
      ...ALICE,
      window: { type: 'every', duration: 'P1M', anchor: instantOf('2026-01-31T09:30:00Z') },
    },
    revision: 1,
  },
};
const REMOVALS: Readonly<Record<string, Stated<BudgetRemoved>>> = {
  'budget-removed': { budgetId: 'alice-month', revision: 2 },
};

function golden(name: string): RecordBytes {
  const text = readFileSync(join(FOLDER, `${name}.json`), 'utf8');
  const { headers, value } = JSON.parse(text) as { headers: RecordBytes['headers']; value: string };
  return { headers, value: Buffer.from(value) };
}

/** The order of headers is part of a record, though nothing reads it. */
function expectSameBytes(written: RecordBytes, file: RecordBytes): void {
  expect(written.value.toString()).toBe(file.value.toString());
  expect(Object.entries(written.headers)).toEqual(Object.entries(file.headers));
}

function expectToSay(file: RecordBytes, stated: Omit<LedgerEvent, 'contentHash'>): void {
  const contentHash = file.headers['ce_contenthash'];
  expect(readEvent(file, RULES)).toEqual({ ok: true, value: { ...stated, contentHash } });
}

describe('the records of version 1', () => {
  it('are all told of here', () => {
    const names = [SPENDS, BUDGETS, REMOVALS].flatMap((stated) => Object.keys(stated));
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
    expect(files.sort()).toEqual(names.map((name) => `${name}.json`).sort());
  });

  it.each(Object.entries(SPENDS))('%s is read, and still written so', (name, stated) => {
    const file = golden(name);
    const fact = { recordedAt: RECORDED_AT, caller: 'anonymous' };
    expectToSay(file, { kind: 'spend_recorded', ...stated, ...fact });
    const contentHash = spendContentHash(stated.spend);
    expectSameBytes(writeSpend(stated, { ...stated, ...fact, contentHash }), file);
  });

  it.each(Object.entries(BUDGETS))('%s is read, and still written so', (name, stated) => {
    const file = golden(name);
    const fact = { recordedAt: RECORDED_AT, caller: 'anonymous' };
    expectToSay(file, { kind: 'budget_set', ...stated, ...fact });
    const change = { ...stated, budgetId: stated.budget.budgetId };
    expectSameBytes(writeBudgetRevision(change, fact), file);
  });

  it.each(Object.entries(REMOVALS))('%s is read, and still written so', (name, stated) => {
    const file = golden(name);
    const fact = { recordedAt: instantOf('2026-04-28T00:00:00Z'), caller: 'anonymous' };
    expectToSay(file, { kind: 'budget_removed', ...stated, ...fact });
    expectSameBytes(writeBudgetRevision({ ...stated, budget: null }, fact), file);
  });
});
