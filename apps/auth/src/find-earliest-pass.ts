import { MAX_TTL_SECONDS, readExpiries, type Expiries } from '#libs/holds';
import {
  earliestPass,
  formatAccount,
  isRefusedBy,
  nameOfJudged,
  type Account,
  type HeldUntil,
  type Instant,
  type JudgedBudget,
} from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import type { AnsweredDecision } from './decisions/answered-decision';
import { SideReads, type SideReadOptions } from './outage/side-reads';

/** `never`: neither an expiry nor the end of a window helps. `unknown`: it hangs on more than money. */
export type EarliestPass = Instant | 'never' | 'unknown';

export interface EarliestPassSource {
  readonly reads: Prepared;
  readonly partitions: number;
  /** Most expiries of an account that are looked at. */
  readonly maxExpiries: number;
  readonly limits: Omit<SideReadOptions<unknown, unknown>, 'read'>;
  readonly onError: (error: unknown) => void;
}

interface Asked {
  readonly accounts: readonly Account[];
  readonly after: Instant;
}

type ByAccount = ReadonlyMap<string, Expiries>;

const NONE: ByAccount = new Map();
const MICROS_PER_SECOND = 1_000_000n;

/** Says of refusals when the same request could pass. What is held is looked up then alone, and never for a grant. */
export class EarliestPassFinder {
  private readonly expiries: SideReads<Asked, ByAccount>;

  constructor(private readonly source: EarliestPassSource) {
    const read = (all: readonly Asked[]) => this.readAll(all);
    this.expiries = new SideReads({ ...source.limits, read });
  }

  /** @param endsAt from then on the request can pass no more, whatever is free: the hold that it extends has ended */
  async of(
    decision: AnsweredDecision,
    estimatePico: bigint | undefined,
    endsAt?: Instant,
  ): Promise<EarliestPass> {
    const { budgets, blockedBy, degraded, decidedAt } = decision;
    if (blockedBy === null) return degraded ? 'unknown' : 'never';
    const refusing = budgets.filter((judged) => isRefusedBy(judged, estimatePico));
    if (degraded && budgets.some((judged) => isClosed(judged) && !refusing.includes(judged))) {
      return 'unknown';
    }
    const expiries = await this.expiriesOf(refusing, decidedAt);
    if (expiries === undefined) return 'unknown';
    const pass = earliestPass(refusing, estimatePico, (account) =>
      this.whole(expiries.get(formatAccount(account)), account, decision),
    );
    return pass === null || (endsAt !== undefined && pass >= endsAt) ? 'never' : pass;
  }

  private async expiriesOf(
    refusing: readonly JudgedBudget[],
    after: Instant,
  ): Promise<ByAccount | undefined> {
    const accounts = refusing.flatMap(({ heldPico, account }) =>
      heldPico > 0n && account.kind !== 'missing_label' ? [account] : [],
    );
    if (accounts.length === 0) return NONE;
    try {
      return await this.expiries.read({ accounts, after });
    } catch (error) {
      this.source.onError(error);
      return undefined;
    }
  }

  private async readAll(all: readonly Asked[]): Promise<readonly ByAccount[]> {
    const { reads, partitions, maxExpiries } = this.source;
    const accounts = new Map(
      all.flatMap((asked) => asked.accounts.map((account) => [formatAccount(account), account])),
    );
    const after = all.reduce(
      (least, asked) => (asked.after < least ? asked.after : least),
      all[0]!.after,
    );
    const of = [...accounts.values()];
    const expiries = await readExpiries(reads, of, partitions, after, maxExpiries);
    return all.map(() => expiries);
  }

  /** What is beyond the expiries that were looked at is free when the longest hold has ended. */
  private whole(
    read: Expiries | undefined,
    account: Account,
    { budgets, decidedAt }: AnsweredDecision,
  ): readonly HeldUntil[] {
    const later = (read?.next ?? []).filter(({ at }) => at > decidedAt);
    if (!read?.hasMore) return later;
    const name = formatAccount(account);
    const heldPico = budgets.find((each) => nameOfJudged(each) === name)?.heldPico ?? 0n;
    const restPico = later.reduce((rest, { amountPico }) => rest - amountPico, heldPico);
    const at = decidedAt + BigInt(MAX_TTL_SECONDS + 1) * MICROS_PER_SECOND;
    return restPico > 0n ? [...later, { at, amountPico: restPico }] : later;
  }
}

const isClosed = ({ budget }: JudgedBudget): boolean =>
  budget.enforce && budget.outage === 'closed';
