import {
  accountsOf,
  defaultTargetOf,
  formatAccount,
  formatInstant,
  parseBudget,
  picoOfDecimal,
  windowOf,
  type Budget,
  type Instant,
  type Labels,
  type Scope,
  type Window,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  budgetRecord,
  logRecords,
  markRecord,
  projectBatch,
  spendRecord,
  TEST_PARTITIONS,
} from '#libs/testing';
import { accountOf } from './asked-ledger.fixture';

interface Settings {
  readonly account: string;
  readonly window: object;
  readonly validUntil: Instant | undefined;
}

export type Step = { readonly recordedAt: Instant } & (
  | {
      readonly kind: 'spend';
      readonly scope: Scope;
      readonly labels: Labels | undefined;
      readonly amount: string | undefined;
      readonly time: Instant;
    }
  | { readonly kind: 'correction'; readonly of: number; readonly stated: string }
  | { readonly kind: 'budget'; readonly id: string; readonly settings: Settings | null }
);

interface Spend {
  readonly record: NewRecord;
  readonly names: readonly string[];
  readonly time: Instant;
  /** What it was said to cost, in turn; `undefined`: unknown. */
  readonly stated: { readonly knownAt: Instant; readonly amountPico: bigint | undefined }[];
}

interface Revision {
  readonly id: string;
  readonly revision: number;
  readonly target: string | undefined;
  readonly budget: Budget | undefined;
  readonly validUntil: Instant | undefined;
  readonly knownAt: Instant;
}

/** A ledger that keeps what was said in lists, and looks through all of them to answer. */
export class NaiveLedger {
  private readonly spends: Spend[] = [];
  private readonly revisions: Revision[] = [];
  private readonly knownAt = new Map<number, Instant>();
  private readonly ends = new Map<number, bigint>();

  constructor(private readonly database: Database) {}

  async take(steps: readonly Step[]): Promise<void> {
    await this.project(steps.flatMap((step) => this.note(step)));
  }

  /** In every partition. */
  async mark(at: Instant): Promise<void> {
    const partitions = Array.from({ length: TEST_PARTITIONS }, (_, partition) => partition);
    await this.project(partitions.map((partition) => markRecord(partition, at)));
    for (const partition of partitions) this.learn(partition, at);
  }

  answer({ name, at, knownAt }: { name: string; at: Instant; knownAt: Instant | undefined }) {
    const isKnown = (said: { readonly knownAt: Instant }) =>
      knownAt === undefined || said.knownAt <= knownAt;
    const costs = this.spends
      .filter(({ names, time }) => names.includes(name) && time < at)
      .flatMap(({ time, stated }) => {
        const known = stated.filter(isKnown);
        return known.length === 0 ? [] : [{ time, amountPico: known.at(-1)!.amountPico }];
      });
    const sum = ({ start }: Window) =>
      costs
        .filter(({ time }) => start === null || time >= start)
        .reduce((total, { amountPico = 0n }) => total + amountPico, 0n);
    return {
      spentAllTimePico: sum({ start: null, end: null }),
      unpriced: costs.filter(({ amountPico }) => amountPico === undefined).length,
      budgets: this.budgetsOf(name, at, this.revisions.filter(isKnown)).map((budget) => {
        const window = windowOf(budget.window, at);
        return { budget, spentPico: sum(window), window };
      }),
    };
  }

  private budgetsOf(name: string, at: Instant, known: readonly Revision[]): Budget[] {
    const inForce = ['a', 'b', 'c'].flatMap((id) => {
      const all = known.filter(
        (each) => each.id === id && (each.validUntil === undefined || each.validUntil > at),
      );
      const last = all.sort((a, b) => b.revision - a.revision)[0];
      return last?.budget === undefined ? [] : [{ target: last.target, budget: last.budget }];
    });
    const of = (target: string) => inForce.filter((each) => each.target === target);
    const own = of(name);
    const chosen = own.length > 0 ? own : of(defaultTargetOf(accountOf(name)) ?? name);
    return chosen.map(({ budget }) => budget);
  }

  private note(step: Step): NewRecord[] {
    switch (step.kind) {
      case 'spend': {
        const { scope, labels, amount, time, recordedAt } = step;
        const given = { time, recordedAt, ...(labels && { labels }) };
        const record = spendRecord(scope, amount, given);
        const knownAt = this.learn(record.partition, recordedAt);
        const amountPico = amount === undefined ? undefined : picoOfDecimal(amount);
        const names = accountsOf(scope, labels).map(formatAccount);
        this.spends.push({ record, names, time, stated: [{ knownAt, amountPico }] });
        return [record];
      }
      case 'correction': {
        const of = this.spends[step.of % Math.max(1, this.spends.length)];
        if (!of) return [];
        const record = adjustmentRecord(of.record, step.stated, { recordedAt: step.recordedAt });
        const amountPico = step.stated === 'reverse' ? 0n : picoOfDecimal(step.stated);
        of.stated.push({ knownAt: this.learn(record.partition, step.recordedAt), amountPico });
        return [record];
      }
      case 'budget':
        return [this.noteBudget(step.id, step.settings, step.recordedAt)];
    }
  }

  private noteBudget(id: string, settings: Settings | null, recordedAt: Instant): NewRecord {
    const revision = this.revisions.filter((each) => each.id === id).length + 1;
    const { account, window, validUntil } = settings ?? {};
    const stated = {
      account,
      window,
      limit: '10.00',
      ...(validUntil !== undefined && { validUntil: formatInstant(validUntil) }),
    };
    const record = budgetRecord(id, revision, settings && stated, recordedAt);
    const parsed = settings === null ? undefined : parseBudget(id, stated);
    this.revisions.push({
      id,
      revision,
      target: account,
      validUntil,
      budget: parsed?.ok ? parsed.value : undefined,
      knownAt: this.learn(record.partition, recordedAt),
    });
    return record;
  }

  /** Later than what the partition knew before. */
  private learn(partition: number, recordedAt: Instant): Instant {
    const last = this.knownAt.get(partition);
    const knownAt = last === undefined || recordedAt > last ? recordedAt : last + 1n;
    this.knownAt.set(partition, knownAt);
    return knownAt;
  }

  private async project(records: readonly NewRecord[]): Promise<void> {
    for (const [partition, batch] of Map.groupBy(records, (record) => record.partition)) {
      const end = this.ends.get(partition) ?? 0n;
      await projectBatch(this.database, logRecords(batch, end));
      this.ends.set(partition, end + BigInt(batch.length));
    }
  }
}
