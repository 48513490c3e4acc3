import {
  accountsOf,
  instantOf,
  isOfScope,
  targetsOf,
  type Account,
  type Instant,
  type Labels,
  type Scope,
} from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';

/** The gates that a flush has. */
export interface LockedGates {
  readonly gates: ReadonlySet<string>;
  /** The last moment at which what is held there was counted out; no grant behind them may be before it. */
  readonly last: Instant | undefined;
}

export const NO_GATES: LockedGates = { gates: new Set(), last: undefined };

const LOCK: PreparedStatement = {
  name: 'lock-gates',
  text: 'select gates, latest from lock_gates($1::text[], $2::text[], $3::text[])',
};

/** The accounts of a call that are in no owner's rows, so that grants on them need a gate where a limit is enforced. */
export function gatedAccountsOf(scope: Scope, labels: Labels | undefined): readonly Account[] {
  return accountsOf(scope, labels).filter((account) => !isOfScope(account));
}

/**
 * Locks the gates of those accounts on which a limit is enforced, until the transaction ends: after the rows of
 * `lockAccounts`, in the order of their names. What is read in the statements after it has every grant of those that had
 * the gates before; a limit that came into force since shows there, too.
 * @param needed accounts whose gates are locked whatever is in force
 */
export async function lockGates(
  client: Prepared,
  accounts: ReadonlyMap<string, Account>,
  needed: ReadonlySet<string>,
): Promise<LockedGates> {
  const names: string[] = [];
  const targets: string[] = [];
  for (const [name, account] of accounts) {
    for (const target of targetsOf(account, name)) {
      names.push(name);
      targets.push(target);
    }
  }
  if (names.length === 0 && needed.size === 0) return NO_GATES;
  const [row] = await client.prepared<readonly [string[], string | null]>(LOCK, [
    texts(names),
    texts(targets),
    texts([...needed]),
  ]);
  const [gates, latest] = row!;
  return { gates: new Set(gates), last: latest === null ? undefined : instantOf(latest) };
}
