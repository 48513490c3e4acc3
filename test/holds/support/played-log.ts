import { partitionOfScope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import { TEST_PARTITIONS } from '#libs/testing';
import type { ModelEvent } from './model';
import type { RealParts } from './real-parts';

/** What a record of the log does when it is projected. */
type Effect = () => void;

/** What lies in the outbox and on the log, and how far it is projected: of one run, on the real parts and beside them. */
export class PlayedLog {
  private readonly effects = Array.from({ length: TEST_PARTITIONS }, (): Effect[] => []);
  private readonly projected = this.effects.map(() => 0);
  private readonly outbox: ModelEvent[] = [];

  private constructor(
    private readonly real: RealParts,
    /** How many records each partition had before this run. */
    private readonly before: readonly number[],
  ) {}

  static async begin(real: RealParts): Promise<PlayedLog> {
    return new PlayedLog(real, await real.recordCounts());
  }

  leaveInOutbox(event: ModelEvent): void {
    this.outbox.push(event);
  }

  /** The real log has its record. */
  hasAppended(event: ModelEvent): void {
    this.effects[partitionOfScope(event.scope, TEST_PARTITIONS)]!.push(() => {
      event.isProjected = true;
    });
  }

  async append(record: NewRecord, effect: Effect): Promise<void> {
    await this.real.append(record);
    this.effects[record.partition]!.push(effect);
  }

  async relay(dies: boolean): Promise<void> {
    await this.real.relay(dies);
    for (const event of this.outbox) this.hasAppended(event);
    if (!dies) this.outbox.length = 0;
  }

  async project(partition: number, most = Infinity): Promise<void> {
    const from = this.projected[partition]!;
    const next = this.effects[partition]!.slice(from, from + most);
    await this.real.project(partition, next.length);
    for (const effect of next) effect();
    this.projected[partition] = from + next.length;
  }

  async projectAll(): Promise<void> {
    for (let partition = 0; partition < TEST_PARTITIONS; partition++) await this.project(partition);
  }

  /** From zero up to where it was: nothing is spent or held otherwise than before. */
  async rebuild(): Promise<void> {
    await this.real.empty();
    for (const [partition, before] of this.before.entries()) {
      await this.real.project(partition, before + this.projected[partition]!);
    }
  }
}
