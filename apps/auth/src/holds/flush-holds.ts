import { readForDecision, type BudgetedTargets, type Snapshot } from '#libs/balances';
import {
  amendRecord,
  gatedAccountsOf,
  heldAccountsOf,
  HoldBook,
  lockAccounts,
  lockGates,
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
  type Account,
  type Instant,
  type PricesInForce,
  type Scope,
} from '#libs/ledger';
import { claimIntoOutbox, type ClaimedRecord, type Database, type Prepared } from '#libs/postgres';
import { Problem } from '#libs/runtime';
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
  /** Where this process writes held money of labels and of the ledger. */
  readonly slot: number;
  /** How often a flush begins again because a limit came into force on a label, a person or the ledger meanwhile. */
  readonly gateAttempts: number;
  readonly budgeted: BudgetedTargets;
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
 * @throws Problem `unavailable`: limits come into force faster than it can take their gates
 */
export async function flushHolds(
  parts: FlushParts,
  requests: readonly Served[],
): Promise<readonly HoldOutcome<Decision>[]> {
  let gates: ReadonlySet<string> = new Set();
  for (let attempt = 1; attempt <= parts.gateAttempts; attempt++) {
    const flushed = await flushBehind(gates, parts, requests);
    if (flushed.outcomes) return flushed.outcomes;
    gates = new Set([...gates, ...flushed.missing]);
  }
  throw new Problem('unavailable', 'Nothing is held: budgets change too fast. Try again later.', {
    retryAfterSeconds: 1,
  });
}

type Flushed =
  | { readonly outcomes: readonly HoldOutcome<Decision>[] }
  /** Nothing was done: on these accounts a limit came into force, and others may be granting on them. */
  | { readonly outcomes?: never; readonly missing: readonly string[] };

async function flushBehind(
  gates: ReadonlySet<string>,
  parts: FlushParts,
  requests: readonly Served[],
): Promise<Flushed> {
  const { database, currency, policy, slot } = parts;
  const { partitions } = policy;
  return database.atomically<Flushed>(async (client) => {
    const subjects = await subjectsOf(client, requests);
    if (subjects.scopes.length === 0) {
      return { outcomes: requests.map(() => ({ outcome: 'not_found' })) };
    }
    const opened = await openView(client, parts, subjects, requests, gates);
    if (!('view' in opened)) return opened;
    const { view } = opened;
    const { book } = view;
    const records: ClaimedRecord[] = [];
    const ledger = { currency, partitions, now: book.now };
    const outcomes = requests.map((request) =>
      serve(view, request, parts, (event) => records.push(recordOf(event, ledger))),
    );
    await Promise.all([
      writeBook(client, book, { partitions, slot }),
      claimIntoOutbox(client, records, formatInstant(book.now)),
    ]);
    return { outcomes };
  });
}

/** Whose money a flush is about. */
interface Subjects {
  readonly scopes: readonly Scope[];
  /** What more may be held for: limits on labels, persons and the ledger bind it, too. */
  readonly granting: readonly Pick<Hold, 'scope' | 'labels'>[];
}

/** What a hold is for never changes, so that much is known before there are any locks. */
async function subjectsOf(client: Prepared, requests: readonly Served[]): Promise<Subjects> {
  const ids = holdIdsOf(requests);
  const holds = ids.length === 0 ? [] : await readHolds(client, { ids, keys: [] });
  const extended = new Set(
    requests.flatMap((request) => (request.kind === 'extend' ? [request.holdId] : [])),
  );
  const taken = requests.flatMap((request) =>
    request.kind === 'take' ? [{ scope: request.scope, labels: request.labels }] : [],
  );
  return {
    scopes: [...holds, ...taken].map(({ scope }) => scope),
    granting: [...holds.filter(({ holdId }) => extended.has(holdId)), ...taken],
  };
}

async function openView(
  client: Prepared,
  { policy, budgeted, isCaughtUp, isLogElsewhere }: FlushParts,
  { scopes, granting }: Subjects,
  requests: readonly Served[],
  needed: ReadonlySet<string>,
): Promise<{ readonly view: FlushView } | { readonly missing: readonly string[] }> {
  const { partitions } = policy;
  const gated = accountsByName(
    granting.flatMap(({ scope, labels }) => gatedAccountsOf(scope, labels)),
  );
  const [last, locked] = await Promise.all([
    lockAccounts(
      client,
      scopes.flatMap((scope) => heldAccountsOf(scope, partitions)),
    ),
    lockGates(client, gated, needed),
  ]);
  const accounts = new Map([...accountsByName(scopes.flatMap(scopeAccountsOf)), ...gated]);
  const [snapshot, holds] = await Promise.all([
    readForDecision(client, accounts, partitions, {
      budgeted,
      floor: later(last, locked.last),
    }),
    readHolds(client, { ids: holdIdsOf(requests), keys: keysOf(requests) }),
  ]);
  const missing = [...gated]
    .filter(([name, account]) => !locked.gates.has(name) && isLimited(snapshot, account, name))
    .map(([name]) => name);
  if (missing.length > 0) return { missing };
  const onHeld = (account: string, byPico: bigint) => snapshot.changeHeld(account, byPico);
  const book = new HoldBook(snapshot.now, partitions, holds, onHeld);
  return { view: new FlushView(book, snapshot, policy, isCaughtUp(snapshot), isLogElsewhere) };
}

/** Whether a budget in force on an account can refuse a hold. */
function isLimited(snapshot: Snapshot, account: Account, name: string): boolean {
  return snapshot
    .statesOf(account, name)
    .some(({ budget: { enforce, limitPico } }) => enforce && limitPico !== null);
}

function accountsByName(accounts: readonly Account[]): Map<string, Account> {
  return new Map(accounts.map((account) => [formatAccount(account), account]));
}

function later(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
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
