import type { Database } from '#libs/postgres';
import type { NewRecord, PartitionFence } from '#libs/spend-log';
import { logRecords, TEST_PARTITIONS, TEST_RULES } from '#libs/testing';
import { LogProjector } from '../project-log';
import { TouchedAccounts } from './touched-accounts';
import { WarningTester } from './warning-tester';

/** A projector with its tester, without their loops: each step when the spec says so. */
export class Projecting {
  kept = 0;
  private readonly fences = new Map<number, PartitionFence>();
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
      projecting.fences.set(partition, await projecting.projector.fence(partition));
    }
    return projecting;
  }

  async apply(records: readonly NewRecord[]): Promise<void> {
    for (const [partition, own] of Map.groupBy(records, (record) => record.partition)) {
      const fence = this.fences.get(partition)!;
      const batch = { fence, records: logRecords(own, fence.nextOffset), caughtUpAt: undefined };
      expect(await this.projector.apply(batch)).toBe('applied');
      const nextOffset = fence.nextOffset + BigInt(own.length);
      this.fences.set(partition, { ...fence, nextOffset });
    }
  }

  test(): Promise<void> {
    return this.tester.testTouched();
  }
}
