import { readSnapshot, type Snapshot } from '#libs/balances';
import {
  heldAccountsOf,
  HoldBook,
  lockAccounts,
  readHolds,
  settleRecord,
  writeBook,
  type Hold,
} from '#libs/holds';
import {
  accountsOf,
  formatAccount,
  formatInstant,
  mayEndHold,
  type PricesInForce,
  type Scope,
} from '#libs/ledger';
import { claimIntoOutbox, type Database, type Prepared } from '#libs/postgres';
import type { CheckPolicy, Decision } from '../decision';
import type { DecisionKeeper } from '../decisions/keep-decision';
import { extendHold } from './extend-hold';
import { FlushView } from './flush-view';
import type { HoldOutcome } from './hold-outcome';
import type { HoldRequest } from './hold-request';
import { releaseHold } from './release-hold';
import { settleHold, type NewSettle } from './settle-hold';
import { takeHold } from './take-hold';

export interface FlushParts {
  /** Of flushes alone: one that stands still with its locks is cut off soon. */
  readonly database: Database;
  readonly currency: string;
  readonly policy: CheckPolicy;
  /** The log may be newer than the database. */
  readonly isLogElsewhere: boolean;
  /** Whether a snapshot is new enough for this process to grant anything. */
  readonly isCaughtUp: (snapshot: Snapshot) => boolean;
  readonly keeper: Pick<DecisionKeeper, 'idOf'>;
  readonly prices: PricesInForce;
}

/**
 * Serves many requests in one transaction: locks the held money of all their accounts, reads in a new statement, decides
 * one after the other in memory, and writes. So flushes of any number of processes are one after the other in effect.
 */
export async function flushHolds(
  parts: FlushParts,
  requests: readonly HoldRequest[],
): Promise<readonly HoldOutcome<Decision>[]> {
  const { database, currency, policy } = parts;
  const { partitions } = policy;
  return database.atomically(async (client) => {
    const scopes = await scopesOf(client, requests);
    if (scopes.length === 0) return requests.map(() => ({ outcome: 'not_found' }));
    const view = await openView(client, parts, scopes, requests);
    const { book } = view;
    const settles: NewSettle[] = [];
    const outcomes = requests.map((request) =>
      serve(view, request, parts, (settle) => settles.push(settle)),
    );
    const records = settles.map(({ hold, call }) =>
      settleRecord(hold, call, { currency, partitions, now: book.now }),
    );
    await Promise.all([
      writeBook(client, book, partitions),
      claimIntoOutbox(client, records, formatInstant(book.now)),
    ]);
    return outcomes;
  });
}

/** Whose money it is about. What a hold is for never changes, so that much is known before there are any locks. */
async function scopesOf(client: Prepared, requests: readonly HoldRequest[]): Promise<Scope[]> {
  const ids = holdIdsOf(requests);
  const holds = ids.length === 0 ? [] : await readHolds(client, { ids, keys: [] });
  return [
    ...holds.map(({ scope }) => scope),
    ...requests.flatMap((request) => (request.kind === 'take' ? [request.scope] : [])),
  ];
}

async function openView(
  client: Prepared,
  { policy, isCaughtUp, isLogElsewhere }: FlushParts,
  scopes: readonly Scope[],
  requests: readonly HoldRequest[],
): Promise<FlushView> {
  const { partitions } = policy;
  const last = await lockAccounts(
    client,
    scopes.flatMap((scope) => heldAccountsOf(scope, partitions)),
  );
  const accounts = new Map(
    scopes.flatMap(accountsOf).map((account) => [formatAccount(account), account]),
  );
  const [snapshot, holds] = await Promise.all([
    readSnapshot(client, accounts, partitions, last),
    readHolds(client, { ids: holdIdsOf(requests), keys: keysOf(requests) }),
  ]);
  const onHeld = (account: string, byPico: bigint) => snapshot.changeHeld(account, byPico);
  const book = new HoldBook(snapshot.now, partitions, holds, onHeld);
  return new FlushView(book, snapshot, policy, isCaughtUp(snapshot), isLogElsewhere);
}

function serve(
  view: FlushView,
  request: HoldRequest,
  { policy, keeper, prices }: FlushParts,
  onSettled: (settle: NewSettle) => void,
): HoldOutcome<Decision> {
  if (request.kind === 'take') return takeHold(view, request, policy.partitions, keeper);
  const hold: Hold | undefined = view.book.find(request.holdId);
  if (!hold) return { outcome: 'not_found' };
  if (!mayEndHold(hold.caller, request.caller)) return { outcome: 'forbidden' };
  switch (request.kind) {
    case 'settle':
      return settleHold(view, hold, request, prices.current, onSettled);
    case 'release':
      return releaseHold(view.book, hold);
    case 'extend':
      return extendHold(view, hold, request);
  }
}

function holdIdsOf(requests: readonly HoldRequest[]): string[] {
  return requests.flatMap((request) => (request.kind === 'take' ? [] : [request.holdId]));
}

function keysOf(requests: readonly HoldRequest[]): { caller: string; key: string }[] {
  return requests.flatMap((request) =>
    request.kind === 'take' && request.idempotencyKey !== null
      ? [{ caller: request.caller, key: request.idempotencyKey }]
      : [],
  );
}
