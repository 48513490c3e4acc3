import { partitionOfAccount, type Account } from '#libs/ledger';

/** How the entries of an account are found: by an index that leads to them, and by their time in it. */
export interface EntriesOfAccount {
  readonly kind: Account['kind'];
  /** On `spend_event`, with `values` as its parameters from the given one on. */
  readonly condition: (first: number) => string;
  /** On `<kind>_balance b`, likewise. */
  readonly balance: (first: number) => string;
  readonly ids: readonly string[];
  readonly values: readonly (number | string)[];
}

/** A team's entries are found for a member, too, and those of others passed over. */
export function entriesOfAccount(account: Account, partitions: number): EntriesOfAccount {
  const { kind } = account;
  const scope = kind === 'key' ? '' : `scope_type = '${kind === 'user' ? 'user' : 'team'}' and `;
  const ids = namesOf(account);
  const partition = partitionOfAccount(account, partitions);
  const columns = [...(partition === undefined ? [] : [['partition', partition] as const]), ...ids];
  const equal = (prefix: string, first: number) =>
    columns.map(([name], n) => `${prefix}${name} = $${first + n}`).join(' and ');
  return {
    kind,
    condition: (first) => scope + equal('', first),
    balance: (first) => equal('b.', first),
    ids: ids.map(([name]) => name),
    values: columns.map(([, value]) => value),
  };
}

function namesOf(account: Account): readonly (readonly [column: string, id: string])[] {
  switch (account.kind) {
    case 'key':
      return [['key_id', account.keyId]];
    case 'user':
      return [['user_id', account.userId]];
    case 'team':
      return [['team_id', account.teamId]];
    case 'member':
      return [
        ['team_id', account.teamId],
        ['user_id', account.userId],
      ];
  }
}
