import type { Scope } from '#libs/ledger';
import { fitId, type Renamed } from './fit-id';
import type { LogRow } from './log-row';

/** Sessions of LiteLLM's own console; no team. */
export const DASHBOARD_TEAM = 'litellm-dashboard';
/** The key of what names no key, no user and no team. */
export const UNATTRIBUTED = 'unattributed';

/**
 * Whose money a row is: the row's own team, user and key, never today's owner of the key, for keys move and those that
 * are deleted stay in the rows. A team's call is the team's, also with a user's key (LiteLLM #26239).
 * @param activeKeys by a token that was rotated away the one that is in its place
 */
export function scopeOfRow(
  { teamId, userId, apiKey }: Pick<LogRow, 'teamId' | 'userId' | 'apiKey'>,
  activeKeys: ReadonlyMap<string, string>,
  onRenamed?: (renamed: Renamed) => void,
): Scope {
  // As LiteLLM stores it: what was rotated is known by that name.
  const token = isGiven(apiKey) ? fitId(apiKey, 'keyId', onRenamed) : undefined;
  const ids = {
    ...(isGiven(userId) && { userId: fitId(userId, 'userId', onRenamed) }),
    ...(token !== undefined && { keyId: fitId(activeKeys.get(token) ?? token, 'keyId') }),
  };
  if (isGiven(teamId) && teamId !== DASHBOARD_TEAM) {
    return { type: 'team', teamId: fitId(teamId, 'teamId', onRenamed), ...ids };
  }
  const { userId: user, keyId } = ids;
  if (user !== undefined) return { type: 'user', userId: user, ...(keyId && { keyId }) };
  return { type: 'key', keyId: keyId ?? UNATTRIBUTED };
}

function isGiven(id: string | null): id is string {
  return id !== null && id !== '';
}
