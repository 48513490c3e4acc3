import type { Snapshot } from '#libs/balances';
import type { Budget, BudgetState, Instant } from '#libs/ledger';
import { KeptFences } from './kept-fences';
import { LedgerClock } from './ledger-clock';

export interface LastKnownOptions {
  /** Most accounts that are remembered; of more the least recently used are forgotten first. */
  readonly maxAccounts: number;
  /** A clock of the process that never goes back, in milliseconds. */
  readonly monotonicMs: () => number;
}

/** What is kept of a snapshot besides its accounts. */
export type Moment = Pick<Snapshot, 'now' | 'fences'> & Partial<Pick<Snapshot, 'required'>>;

/** An account as this process last read it. */
export interface KnownAccount {
  readonly states: readonly BudgetState[];
  readonly fences: KeptFences;
}

/**
 * What this process last read, for when nobody can be asked. On the path of every check: one look-up and a few
 * assignments for each account.
 */
export class LastKnown {
  private readonly clock: LedgerClock;
  private readonly accounts = new Map<string, RememberedAccount>();
  private last: KeptFences | undefined;
  private lastRequired: readonly Budget[] = [];
  /** Of the snapshot that was asked for last: all who share it come one after the other. */
  private keptOf: Moment | undefined;
  private kept: KeptFences | undefined;
  /** A ring: after it comes the least recently used account, before it the one used last. */
  private readonly ring = ringOf('', [], new KeptFences(0n, new Map()));

  constructor(private readonly options: LastKnownOptions) {
    this.clock = new LedgerClock(options.monotonicMs);
  }

  /** The latest that was read at all; `undefined` before anything was. */
  get latest(): KeptFences | undefined {
    return this.last;
  }

  /** The budgets that required labels then. */
  get required(): readonly Budget[] {
    return this.lastRequired;
  }

  /** How many accounts are remembered. */
  get size(): number {
    return this.accounts.size;
  }

  /** The ledger's clock, as far as it can be told. */
  now(): Instant {
    return this.clock.now();
  }

  /** Called once for each snapshot. */
  note(snapshot: Moment): void {
    this.clock.note(snapshot.now);
    const fences = this.keep(snapshot);
    if (this.last !== undefined && this.last.now > fences.now) return;
    this.last = fences;
    this.lastRequired = snapshot.required ?? [];
  }

  remember(snapshot: Moment, account: string, states: readonly BudgetState[]): void {
    const fences = this.keep(snapshot);
    const known = this.accounts.get(account);
    if (known === undefined) return this.add(account, states, fences);
    this.use(known);
    // Answers can overtake each other: what is older than what is known says nothing.
    if (fences.now < known.fences.now) return;
    known.states = states;
    known.fences = fences;
  }

  of(account: string): KnownAccount | undefined {
    const known = this.accounts.get(account);
    if (known !== undefined) this.use(known);
    return known;
  }

  private keep(snapshot: Moment): KeptFences {
    if (this.kept !== undefined && this.keptOf === snapshot) return this.kept;
    this.keptOf = snapshot;
    return (this.kept = new KeptFences(snapshot.now, snapshot.fences));
  }

  private add(account: string, states: readonly BudgetState[], fences: KeptFences): void {
    const entry = ringOf(account, states, fences);
    this.accounts.set(account, entry);
    append(this.ring, entry);
    if (this.accounts.size <= this.options.maxAccounts) return;
    const oldest = this.ring.next;
    detach(oldest);
    this.accounts.delete(oldest.account);
  }

  private use(entry: RememberedAccount): void {
    if (entry.next === this.ring) return;
    detach(entry);
    append(this.ring, entry);
  }
}

interface RememberedAccount {
  readonly account: string;
  states: readonly BudgetState[];
  fences: KeptFences;
  previous: RememberedAccount;
  next: RememberedAccount;
}

function ringOf(
  account: string,
  states: readonly BudgetState[],
  fences: KeptFences,
): RememberedAccount {
  const entry = { account, states, fences } as RememberedAccount;
  entry.previous = entry;
  entry.next = entry;
  return entry;
}

function append(ring: RememberedAccount, entry: RememberedAccount): void {
  entry.previous = ring.previous;
  entry.next = ring;
  ring.previous.next = entry;
  ring.previous = entry;
}

function detach(entry: RememberedAccount): void {
  entry.previous.next = entry.next;
  entry.next.previous = entry.previous;
}
