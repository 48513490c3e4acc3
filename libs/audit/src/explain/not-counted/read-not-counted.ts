import { formatAccount, picoOfDecimal, type Account, type Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { together, type Elsewhere } from './elsewhere';
import { namelessCalls } from './of-keys';
import { ofOtherTimes } from './of-other-times';
import { membersOf, personalCalls } from './of-people';
import { memberships, teamCallsOfNobody } from './of-teams';

/** Spends that somebody might look for in an account, where they are, and why they are not in it. */
export interface NotCounted {
  readonly account: string;
  readonly spentPico: bigint;
  readonly calls: number;
  readonly unpriced: number;
  readonly reason: string;
}

/** The greatest first. */
export async function readNotCounted(
  client: OneInstant,
  account: Account,
  span: Window,
  partitions: number,
): Promise<NotCounted[]> {
  const rows = [
    ...(await ofOthers(client, account, span, partitions)),
    ...(await ofOtherTimes(client, account, span, partitions)),
  ];
  return rows
    .map(({ account: elsewhere, spent, calls, unpriced, reason }) => ({
      account: formatAccount(elsewhere),
      spentPico: picoOfDecimal(spent),
      calls: Number(calls),
      unpriced: Number(unpriced),
      reason,
    }))
    .sort((a, b) => (a.spentPico === b.spentPico ? 0 : a.spentPico > b.spentPico ? -1 : 1));
}

function ofOthers(
  client: OneInstant,
  account: Account,
  span: Window,
  partitions: number,
): Promise<Elsewhere[]> {
  switch (account.kind) {
    case 'key':
      // A key counts every call that was made with it, in any scope.
      return Promise.resolve([]);
    case 'user':
      return together([
        () => memberships(client, account.userId, span, undefined),
        () => namelessCalls(client, account.userId, span, partitions),
      ]);
    case 'member':
      return together([
        () => personalCalls(client, [account.userId], span, partitions),
        () => memberships(client, account.userId, span, account.teamId),
        () => teamCallsOfNobody(client, account.teamId, span, partitions),
      ]);
    case 'team':
      return membersOf(client, account.teamId, partitions).then((members) =>
        personalCalls(client, members, span, partitions),
      );
  }
}
