import fc, { type Arbitrary } from 'fast-check';
import {
  formatInstant,
  formatMoney,
  instantOf,
  printBudget,
  type Scope,
  type Spend,
  type WindowRule,
} from '#libs/ledger';
import { amounts, budgets, scopes, spends } from '#libs/testing';
import { EVENT_TYPES, spendData, timestampOf } from '#libs/wire';

/** Requests that the doors take, before something is done to them. */

const LATEST = instantOf('2026-04-27T10:00:00Z');
const pastSpends: Arbitrary<Spend> = spends.map((spend) => ({
  ...spend,
  time: spend.time > LATEST ? LATEST : spend.time,
}));

export const events: Arbitrary<Record<string, unknown>> = pastSpends.map((spend) => ({
  specversion: '1.0',
  id: spend.id,
  source: spend.source,
  type: EVENT_TYPES.spendRecorded,
  time: formatInstant(spend.time),
  data: spendData(spend),
}));

export const checks: Arbitrary<Record<string, unknown>> = fc.record(
  { scope: scopes, estimate: amounts.map(formatMoney), minPosition: fc.constant('0:0,3:0') },
  { requiredKeys: ['scope'] },
);

const ttls = fc.integer({ min: 1, max: 86_400 });

export const holds: Arbitrary<Record<string, unknown>> = fc.record(
  {
    scope: scopes,
    amount: amounts.map(formatMoney),
    ttlSeconds: ttls,
    requestId: fc.constant('req-1'),
    onExpiry: fc.constantFrom('release', 'unknown', 'charge'),
    minPosition: fc.constant('0:0,3:0'),
  },
  { requiredKeys: ['scope', 'amount', 'ttlSeconds'] },
);

export const settles: Arbitrary<Record<string, unknown>> = fc.record(
  {
    amount: amounts.map(formatMoney),
    basis: fc.constantFrom('exact', 'estimated', 'unknown'),
    time: fc.constant('2026-04-27T10:00:00Z'),
    model: fc.constant('gpt-5'),
    metadata: fc.constant({ a: [1, { b: 'c' }] }),
  },
  { requiredKeys: ['amount'] },
);

export const extensions: Arbitrary<Record<string, unknown>> = fc.record(
  { ttlSeconds: ttls, amount: amounts.map(formatMoney) },
  { requiredKeys: [] },
);

export const budgetSettings: Arbitrary<Record<string, unknown>> = budgets.map((budget) => {
  const { budgetId: _, ...settings } = printBudget(budget);
  return settings;
});

/** `spendledger.v1.RecordSpendRequest` */
export const spendRequests: Arbitrary<object> = pastSpends.map((spend) => {
  const { id, source, time, scope, amountPico, basis, requestId, holdId, model } = spend;
  const event = {
    id,
    source,
    time: timestampOf(time),
    scope: scopeMessage(scope),
    amount: amountPico === undefined ? undefined : formatMoney(amountPico),
    basis: `BASIS_${(basis ?? 'unspecified').toUpperCase()}`,
    request_id: requestId,
    hold_id: holdId,
    model,
    metadata: {
      fields: { a: { listValue: { values: [{ numberValue: 1 }, { stringValue: id }] } } },
    },
  };
  return { event: present(event) };
});

/** `spendledger.v1.CheckRequest` */
export const checkRequests: Arbitrary<object> = fc
  .tuple(scopes, fc.option(amounts.map(formatMoney), { nil: undefined }))
  .map(([scope, estimate]) => present({ scope: scopeMessage(scope), estimate }));

/** `spendledger.v1.HoldRequest` */
export const holdRequests: Arbitrary<object> = fc
  .tuple(scopes, amounts.map(formatMoney), ttls, fc.constantFrom('a', 'b', undefined))
  .map(([scope, amount, ttl_seconds, idempotency_key]) =>
    present({ scope: scopeMessage(scope), amount, ttl_seconds, idempotency_key }),
  );

/** `spendledger.v1.SettleRequest` */
export const settleRequests = (holdId: () => string): Arbitrary<object> =>
  amounts.map((pico) => ({
    hold_id: holdId(),
    amount: formatMoney(pico),
    basis: 'BASIS_ESTIMATED',
    metadata: { fields: { a: { listValue: { values: [{ numberValue: 1 }] } } } },
  }));

/** `spendledger.v1.SetBudgetRequest` */
export const budgetRequests: Arbitrary<object> = budgets.map(
  ({ budgetId, account, limitPico, window, warnAt }) => ({
    budget: {
      budget_id: budgetId,
      account,
      ...(limitPico === null ? { unlimited: true } : { limit: formatMoney(limitPico) }),
      window: windowMessage(window),
      warn_at: warnAt,
    },
  }),
);

function windowMessage(rule: WindowRule): object {
  if (rule.type === 'every') {
    return { every: { duration: rule.duration, anchor: timestampOf(rule.anchor) } };
  }
  if (rule.type === 'total')
    return { total: present({ from: rule.from && timestampOf(rule.from) }) };
  const { unit, zone, startMonth, startDay, startHour } = rule;
  const starts = present({ start_month: startMonth, start_day: startDay, start_hour: startHour });
  return { calendar: { unit: `CALENDAR_UNIT_${unit.toUpperCase()}`, zone, ...starts } };
}

function scopeMessage(scope: Scope): object {
  const { type, ...ids } = scope;
  const named = Object.entries(ids).map(([name, id]) => [name.replace('Id', '_id'), id]);
  return { [type]: Object.fromEntries(named) };
}

function present(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
