import { formatAccount, picoOfDecimal, type Account, type Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import type { ExplainLimits } from '../explain-limits';
import { together, type Elsewhere } from './elsewhere';
import { namelessCalls } from './of-keys';
import { unlabelledCalls } from './of-labels';
import { ofOtherTimes } from './of-other-times';
import { membersOf, personalCalls } from './of-people';
import { memberships, teamCallsOfNobody, teamsOf } from './of-teams';

/** Spends that somebody might look for in an account, where they are, and why they are not in it. */
export interface NotCounted {
  readonly account: string;
  readonly spentPico: bigint;
  readonly calls: number;
  readonly unpriced: number;
  readonly reason: string;
}

/** The greatest first. @param limits of a label, no more than `most` teams are looked at */
export async function readNotCounted(
  client: OneInstant,
  account: Account,
  span: Window,
  limits: ExplainLimits,
): Promise<NotCounted[]> {
  const rows = [
    ...(await ofOthers(client, account, span, limits)),
    ...(await ofOtherTimes(client, account, span, limits.partitions)),
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
  { partitions, most }: ExplainLimits,
): Promise<Elsewhere[]> {
  switch (account.kind) {
    case 'key':
    case 'ledger':
      // A key counts every call that was made with it, in any scope, and the ledger each call there is.
      return Promise.resolve([]);
    case 'user':
      return together([
        () => memberships(client, account.userId, span, undefined),
        () => namelessCalls(client, account.userId, span, partitions),
      ]);
    case 'person':
      return ofPerson(client, account.userId, span, partitions);
    case 'label':
      return unlabelledCalls(client, account, span, partitions, most);
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

/** Calls that may be hers and do not say so: of her teams, and with keys that she has used, elsewhere. */
async function ofPerson(
  client: OneInstant,
  userId: string,
  span: Window,
  partitions: number,
): Promise<Elsewhere[]> {
  const teams = await teamsOf(client, userId);
  return together([
    ...teams.map((teamId) => () => teamCallsOfNobody(client, teamId, span, partitions)),
    () => namelessCalls(client, userId, span, partitions, teams),
  ]);
}
