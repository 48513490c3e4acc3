import type { Database } from '#libs/postgres';
import type { NewRecord, PartitionClaim } from '#libs/spend-log';
import { logRecords, TEST_PARTITIONS, TEST_RULES } from '#libs/testing';
import { LogProjector } from '../project-log';
import { TouchedAccounts } from './touched-accounts';
import { WarningTester } from './warning-tester';

/** A projector with its tester, without their loops: each step when the spec says so. */
export class Projecting {
  kept = 0;
  private readonly claims = new Map<number, PartitionClaim>();
  private readonly projector: LogProjector;
  private readonly tester: WarningTester;

  private constructor(
    readonly database: Database,
    maxTouched: number,
  ) {
    const touched = new TouchedAccounts(maxTouched);
    this.projector = new LogProjector(
      database,
      TEST_RULES,
      { caughtUpEveryMs: 1000, maxWindowSums: 500 },
      touched,
    );
    const waits = { pauseMs: 0, pollMs: 1000, retryMs: 1000 };
    const limits = { maxTouched, maxBatch: 2, ...waits };
    this.tester = new WarningTester({ database, partitions: TEST_PARTITIONS }, touched, limits, {
      onKept: (count) => (this.kept += count),
      onError: () => undefined,
    });
  }

  static all(database: Database, maxTouched = 1000): Promise<Projecting> {
    const all = Array.from({ length: TEST_PARTITIONS }, (_, partition) => partition);
    return Projecting.of(database, all, maxTouched);
  }

  static async of(database: Database, partitions: readonly number[], maxTouched = 1000) {
    const projecting = new Projecting(database, maxTouched);
    for (const partition of partitions) {
      projecting.claims.set(partition, await projecting.projector.claim(partition));
    }
    return projecting;
  }

  async apply(records: readonly NewRecord[]): Promise<void> {
    for (const [partition, own] of Map.groupBy(records, (record) => record.partition)) {
      const claim = this.claims.get(partition)!;
      const batch = { claim, records: logRecords(own, claim.nextOffset), caughtUpAt: undefined };
      expect(await this.projector.apply(batch)).toBe('applied');
      const nextOffset = claim.nextOffset + BigInt(own.length);
      this.claims.set(partition, { ...claim, nextOffset });
    }
  }

  test(): Promise<void> {
    return this.tester.testTouched();
  }
}
