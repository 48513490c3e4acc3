import { isBoundToAccounts, permitFound, permitsScope, type Caller } from '#libs/access';
import type { HoldReader } from '../holds/read-hold';

/** A bound caller may end holds of what it is bound to. @throws Problem `forbidden`, also where there is none */
export async function permitHold(
  caller: Caller,
  holdId: string,
  holds: Pick<HoldReader, 'find'>,
): Promise<void> {
  if (!isBoundToAccounts(caller.bindings)) return;
  permitFound(caller, await holds.find(holdId), ({ hold }) =>
    permitsScope(caller.bindings, hold.scope),
  );
}
