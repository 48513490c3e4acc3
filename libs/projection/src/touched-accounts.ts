import {
  accountsOf,
  defaultTargetOf,
  formatAccount,
  type Account,
  type Instant,
  type Spend,
} from '#libs/ledger';
import type { Plan } from './plan-batch';

/** An account to which a batch has added events. */
export interface TouchedAccount {
  readonly name: string;
  readonly account: Account;
  /** The default that covers it while it has no budget of its own. */
  readonly defaultTarget: string;
  readonly spends: Spend[];
}

export function touchedAccounts(spends: Plan['spends']): TouchedAccount[] {
  const touched = new Map<string, TouchedAccount>();
  for (const { spend } of spends) {
    for (const account of accountsOf(spend.scope)) {
      const name = formatAccount(account);
      const known = touched.get(name);
      if (known) known.spends.push(spend);
      else {
        const defaultTarget = defaultTargetOf(account);
        touched.set(name, { name, account, defaultTarget, spends: [spend] });
      }
    }
  }
  return [...touched.values()];
}

/** When the latest of its new events was. */
export function latestOf({ spends }: TouchedAccount): Instant {
  return spends.reduce((latest, { time }) => (time > latest ? time : latest), spends[0]!.time);
}
