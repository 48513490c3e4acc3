import type { Scope } from '#libs/ledger';

/** A scope as tables have it. */
export interface StoredScope {
  readonly scope_type: Scope['type'];
  readonly team_id: string | null;
  readonly user_id: string | null;
  readonly key_id: string | null;
}

/** All that the columns say, also where they should not: what was tampered with is not to look whole. */
export function storedScope({ scope_type, team_id, user_id, key_id }: StoredScope): Scope {
  return {
    type: scope_type,
    ...(team_id !== null && { teamId: team_id }),
    ...(user_id !== null && { userId: user_id }),
    ...(key_id !== null && { keyId: key_id }),
  } as Scope;
}
