import { formatAccount, parseAccount, type Scope } from '#libs/ledger';
import { jsons, texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import { isBoundToAccounts, type Bindings } from './bindings';

/** A key that a bound caller names, and whose money it may be used for. */
export interface KeyInUse {
  readonly keyId: string;
  readonly teams: readonly string[];
  readonly users: readonly string[];
}

/**
 * Which key it was is the caller's own word, and what is spent and held with it counts on that key. One that is among
 * the bindings is the caller's; of any other its spends on record say whose it is.
 * @returns `undefined`: nothing has to be looked up
 */
export function keyInUse(bindings: Bindings, { keyId }: Scope): KeyInUse | undefined {
  if (keyId === undefined || !isBoundToAccounts(bindings)) return undefined;
  if (bindings.accounts.includes(formatAccount({ kind: 'key', keyId }))) return undefined;
  const [teams, users] = [new Set<string>(), new Set<string>()];
  for (const name of bindings.accounts) {
    const account = parseAccount(name, 'account');
    if (!account.ok) continue;
    if (account.value.kind === 'user') users.add(account.value.userId);
    else if ('teamId' in account.value) teams.add(account.value.teamId);
  }
  return { keyId, teams: [...teams], users: [...users] };
}

/** The owners of a key one after the other, for as long as they are the caller's own. */
const foreignOwner = (column: 'team_id' | 'user_id', own: string, isOwned: string) => `
  exists (
    with recursive owner (id) as (
      (select ${column} from spend_event where key_id = asked.key_id and ${isOwned}
       order by ${column} limit 1)
      union all
      select (select ${column} from spend_event
              where key_id = asked.key_id and ${isOwned} and ${column} > owner.id
              order by ${column} limit 1)
      from owner where jsonb_exists(${own}, owner.id)
    )
    select from owner where id is not null and not jsonb_exists(${own}, id))`;

const READ: PreparedStatement = {
  name: 'read-foreign-keys',
  text: `
    select exists (
        select from spend_event
        where key_id = asked.key_id and team_id is null and user_id is null)
      or ${foreignOwner('team_id', 'asked.teams', 'team_id is not null')}
      or ${foreignOwner('user_id', 'asked.users', 'team_id is null and user_id is not null')}
    from unnest($1::text[], $2::jsonb[], $3::jsonb[]) with ordinality as asked (key_id, teams, users, n)
    order by asked.n`,
};

/** Of each key, in their order, whether it has spends on record that are another's: of an owner, or of nobody. */
export async function readForeignKeys(
  client: Prepared,
  keys: readonly KeyInUse[],
): Promise<boolean[]> {
  const rows = await client.prepared<readonly [boolean]>(READ, [
    texts(keys.map(({ keyId }) => keyId)),
    jsons(keys.map(({ teams }) => JSON.stringify(teams))),
    jsons(keys.map(({ users }) => JSON.stringify(users))),
  ]);
  return rows.map(([isForeign]) => isForeign);
}
