import {
  accountsOf,
  defaultTargetOf,
  formatAccount,
  type Account,
  type Instant,
} from '#libs/ledger';
import type { Plan } from './plan-batch';

/** An account that events of a batch are about. */
export interface TouchedAccount {
  readonly account: Account;
  /** Of its events in the batch, when the latest one was. */
  latestTime: Instant;
  /** The default that covers it while it has no budget of its own. */
  readonly defaultTarget: string;
}

/** By their names. */
export function touchedAccounts(spends: Plan['spends']): Map<string, TouchedAccount> {
  const touched = new Map<string, TouchedAccount>();
  for (const { spend } of spends) {
    for (const account of accountsOf(spend.scope)) {
      const name = formatAccount(account);
      const known = touched.get(name);
      if (known === undefined) {
        const defaultTarget = defaultTargetOf(account);
        touched.set(name, { account, latestTime: spend.time, defaultTarget });
      } else if (spend.time > known.latestTime) {
        known.latestTime = spend.time;
      }
    }
  }
  return touched;
}
