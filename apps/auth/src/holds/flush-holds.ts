import { readSnapshot, type Snapshot } from '#libs/balances';
import {
  amendRecord,
  heldAccountsOf,
  HoldBook,
  lockAccounts,
  readHolds,
  settleRecord,
  writeBook,
  type Hold,
} from '#libs/holds';
import {
  scopeAccountsOf,
  formatAccount,
  formatInstant,
  mayEndHold,
  type PricesInForce,
  type Scope,
} from '#libs/ledger';
import { claimIntoOutbox, type ClaimedRecord, type Database, type Prepared } from '#libs/postgres';
import type { CheckPolicy, Decision } from '../decision';
import type { DecisionKeeper } from '../decisions/keep-decision';
import { expireHold } from './expire-hold';
import { extendHold } from './extend-hold';
import { FlushView } from './flush-view';
import type { HoldOutcome } from './hold-outcome';
import type { ExpireRequest, HoldRequest } from './hold-request';
import { releaseHold } from './release-hold';
import { settleHold, type NewHoldEvent } from './settle-hold';
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

type Served = HoldRequest | ExpireRequest;

/**
 * Serves many requests in one transaction: locks the held money of all their accounts, reads in a new statement, decides
 * one after the other in memory, and writes. So flushes of any number of processes are one after the other in effect.
 */
export async function flushHolds(
  parts: FlushParts,
  requests: readonly Served[],
): Promise<readonly HoldOutcome<Decision>[]> {
  const { database, currency, policy } = parts;
  const { partitions } = policy;
  return database.atomically(async (client) => {
    const scopes = await scopesOf(client, requests);
    if (scopes.length === 0) return requests.map(() => ({ outcome: 'not_found' }));
    const view = await openView(client, parts, scopes, requests);
    const { book } = view;
    const records: ClaimedRecord[] = [];
    const ledger = { currency, partitions, now: book.now };
    const outcomes = requests.map((request) =>
      serve(view, request, parts, (event) => records.push(recordOf(event, ledger))),
    );
    await Promise.all([
      writeBook(client, book, partitions),
      claimIntoOutbox(client, records, formatInstant(book.now)),
    ]);
    return outcomes;
  });
}

/** Whose money it is about. What a hold is for never changes, so that much is known before there are any locks. */
async function scopesOf(client: Prepared, requests: readonly Served[]): Promise<Scope[]> {
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
  requests: readonly Served[],
): Promise<FlushView> {
  const { partitions } = policy;
  const last = await lockAccounts(
    client,
    scopes.flatMap((scope) => heldAccountsOf(scope, partitions)),
  );
  const accounts = new Map(
    scopes.flatMap(scopeAccountsOf).map((account) => [formatAccount(account), account]),
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
  request: Served,
  { policy, keeper, prices }: FlushParts,
  onEvent: (event: NewHoldEvent) => void,
): HoldOutcome<Decision> {
  if (request.kind === 'take') return takeHold(view, request, policy.partitions, keeper);
  const hold: Hold | undefined = view.book.find(request.holdId);
  if (!hold) return { outcome: 'not_found' };
  if (!mayEndHold(hold.caller, request.caller)) return { outcome: 'forbidden' };
  switch (request.kind) {
    case 'settle':
      return settleHold(view, hold, request, prices.current, onEvent);
    case 'release':
      return releaseHold(view.book, hold);
    case 'extend':
      return extendHold(view, hold, request);
    case 'expire':
      return expireHold(view, hold, onEvent);
  }
}

function recordOf(event: NewHoldEvent, ledger: Parameters<typeof settleRecord>[2]): ClaimedRecord {
  return 'call' in event
    ? settleRecord(event.hold, event.call, ledger)
    : amendRecord(event.hold, event.amended, ledger);
}

function holdIdsOf(requests: readonly Served[]): string[] {
  return requests.flatMap((request) => (request.kind === 'take' ? [] : [request.holdId]));
}

function keysOf(requests: readonly Served[]): { caller: string; key: string }[] {
  return requests.flatMap((request) =>
    request.kind === 'take' && request.idempotencyKey !== null
      ? [{ caller: request.caller, key: request.idempotencyKey }]
      : [],
  );
}
