import { formatAccount, poolsOf, scopeAccountsOf, targetsOf, type Instant } from '#libs/ledger';
import type { StoredAccount } from '#libs/wire';
import type { BalanceChange } from './balance-change';

/** An account to which a batch has added entries. */
export interface TouchedAccount {
  readonly name: string;
  readonly account: StoredAccount;
  /** What it has budgets by: its own name, and the default that covers it while it has none of its own. */
  readonly targets: readonly string[];
  readonly entries: BalanceChange[];
}

export function touchedAccounts(entries: readonly BalanceChange[]): TouchedAccount[] {
  const touched = new Map<string, TouchedAccount>();
  for (const entry of entries) {
    for (const account of [...scopeAccountsOf(entry.scope), ...poolsOf(entry.labels)]) {
      const name = formatAccount(account);
      const known = touched.get(name);
      if (known) known.entries.push(entry);
      else {
        const targets = targetsOf(account, name);
        touched.set(name, { name, account, targets, entries: [entry] });
      }
    }
  }
  return [...touched.values()];
}

/** When the latest of its new entries was. */
export function latestOf({ entries }: TouchedAccount): Instant {
  return entries.reduce((latest, { time }) => (time > latest ? time : latest), entries[0]!.time);
}
