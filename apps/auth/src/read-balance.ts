import { freshnessOf } from '#libs/balances';
import {
  formatAccount,
  judge,
  type Account,
  type Instant,
  type JudgedBudget,
  type Position,
} from '#libs/ledger';
import type { LastKnown } from './outage/last-known';
import type { SnapshotReader } from './snapshot-reader';

/** What an account has spent, and its budgets: from the rows a check decides on. */
export interface Balance {
  readonly account: string;
  readonly spentAllTimePico: bigint;
  readonly heldPico: bigint;
  /** How many calls of unknown cost are on record. */
  readonly unpriced: number;
  readonly budgets: readonly JudgedBudget[];
  readonly position: string;
  readonly asOf: Instant;
}

export class BalanceReader {
  constructor(
    private readonly snapshots: SnapshotReader,
    private readonly partitions: number,
    private readonly lastKnown: Pick<LastKnown, 'remember'>,
  ) {}

  /** @throws Problem, as SnapshotReader.read does */
  async read(account: Account, minPosition: Position | undefined): Promise<Balance> {
    const name = formatAccount(account);
    const snapshot = await this.snapshots.read(new Map([[name, account]]), minPosition);
    const states = snapshot.statesOf(account, name);
    this.lastKnown.remember(snapshot, name, states);
    const { spentPico, unpriced } = snapshot.sumsOf(name);
    return {
      account: name,
      spentAllTimePico: spentPico,
      heldPico: snapshot.heldOf(name),
      unpriced,
      budgets: states.map((state) => judge(state, undefined)),
      position: snapshot.positionText,
      asOf: freshnessOf(snapshot, [account], this.partitions).asOf ?? 0n,
    };
  }
}
