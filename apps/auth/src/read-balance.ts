import { balanceOf, type Balance } from '#libs/balances';
import type { AsOfQuestion } from '#libs/audit';
import { formatAccount, parsed, type Account, type Parsed, type Position } from '#libs/ledger';
import type { LastKnown } from './outage/last-known';
import type { AsOfReader } from './read-balance-as-of';
import type { SnapshotReader } from './snapshot-reader';

/** What is asked about a balance; without a time: as it is now. */
export interface BalanceQuestion extends AsOfQuestion {
  readonly account: Account;
  readonly minPosition: Position | undefined;
}

export class BalanceReader {
  constructor(
    private readonly snapshots: SnapshotReader,
    private readonly partitions: number,
    private readonly lastKnown: Pick<LastKnown, 'remember'>,
    private readonly asOf: AsOfReader,
  ) {}

  /** A `knownAt` in the future is refused. @throws Problem, as SnapshotReader.read and AsOfReader.read do */
  async read(question: BalanceQuestion): Promise<Parsed<Balance>> {
    const { account, at, knownAt, minPosition } = question;
    if (at !== undefined || knownAt !== undefined) {
      await this.snapshots.awaitReadable(minPosition);
      return this.asOf.read(account, question);
    }
    const name = formatAccount(account);
    const accounts = new Map([[name, account]]);
    const snapshot = await this.snapshots.read(accounts, minPosition, accounts);
    this.lastKnown.remember(snapshot, name, snapshot.statesOf(account, name));
    return parsed(balanceOf(snapshot, account, this.partitions));
  }
}
