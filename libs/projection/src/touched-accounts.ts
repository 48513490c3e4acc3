import {
  defaultTargetOf,
  formatAccount,
  poolsOf,
  scopeAccountsOf,
  type Instant,
} from '#libs/ledger';
import type { StoredAccount } from '#libs/wire';
import type { BalanceChange } from './balance-change';

/** An account to which a batch has added entries. */
export interface TouchedAccount {
  readonly name: string;
  readonly account: StoredAccount;
  /** The default that covers it while it has no budget of its own. */
  readonly defaultTarget: string;
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
        const defaultTarget = defaultTargetOf(account);
        touched.set(name, { name, account, defaultTarget, entries: [entry] });
      }
    }
  }
  return [...touched.values()];
}

/** When the latest of its new entries was. */
export function latestOf({ entries }: TouchedAccount): Instant {
  return entries.reduce((latest, { time }) => (time > latest ? time : latest), entries[0]!.time);
}
