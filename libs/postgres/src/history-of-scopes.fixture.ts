import { formatMoney, instantOf, picoOfDecimal, type Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import { adjustmentRecord, budgetRecord, spendRecord } from '#libs/testing';

const NOON = instantOf('2026-04-27T12:00:00Z');
const HOUR = 3_600_000_000n;
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };

/** Every scope, unknown costs, corrections of all kinds, repetitions, settled holds, many days; and what it comes to. */
export function historyOf(count: number): {
  readonly records: readonly NewRecord[];
  readonly cost: { readonly spent: bigint; readonly unpriced: bigint };
} {
  const records: NewRecord[] = [
    budgetRecord('month', 1, { account: 'user:*', window: MONTH }),
    budgetRecord('key-month', 1, { account: 'key:*', window: MONTH }),
  ];
  const cost = { spent: 0n, unpriced: 0n };
  for (let n = 0; n < count; n++) {
    const amount = n % 13 === 0 ? undefined : formatMoney(BigInt(n) ** 4n % 10n ** 14n);
    const spend = spendRecord(scopeOf(n), amount, {
      time: NOON - BigInt((n * 7919) % 1500) * HOUR + BigInt(n),
      ...(n % 4 === 0 && { holdOutcome: 'settled' as const }),
    });
    records.push(spend);
    if (n % 17 === 0) records.push(spend);
    const corrected = n % 10 === 3 ? 'reverse' : n % 11 === 5 ? formatMoney(BigInt(n)) : undefined;
    if (corrected !== undefined) records.push(adjustmentRecord(spend, corrected));
    if (corrected === undefined && amount === undefined) cost.unpriced += 1n;
    else cost.spent += picoOfDecimal(corrected === 'reverse' ? '0' : (corrected ?? amount!));
  }
  return { records, cost };
}

function scopeOf(n: number): Scope {
  const userId = `user-${n % 89}`;
  const teamId = `team-${n % 23}`;
  const keyId = `key-${n % 31}`;
  switch (n % 6) {
    case 0:
      return { type: 'user', userId, keyId };
    case 1:
      return { type: 'user', userId };
    case 2:
      return { type: 'team', teamId };
    case 3:
      return { type: 'team', teamId, userId, keyId };
    case 4:
      return { type: 'key', keyId };
    default:
      return { type: 'team', teamId, userId };
  }
}
