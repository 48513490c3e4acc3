import { partitionOfScope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import { TEST_PARTITIONS } from '#libs/testing';
import type { ModelEvent } from './model';
import type { Death, RealParts } from './real-parts';

/** What a record of the log does when it is projected; once or more often is the same. */
type Effect = () => void;

/** A record in the outbox, and the event that the log must have before it. */
interface Waiting {
  readonly event: ModelEvent;
  readonly after: ModelEvent | undefined;
}

/** What lies in the outbox and on the log, and how far it is projected: on the real parts and beside them. */
export class PlayedLog {
  private readonly effects = Array.from({ length: TEST_PARTITIONS }, (): Effect[] => []);
  private readonly projected = this.effects.map(() => 0);
  private readonly records: { readonly partition: number; readonly offset: number }[] = [];
  private outbox: Waiting[] = [];

  constructor(private readonly real: RealParts) {}

  leaveInOutbox(event: ModelEvent, after?: ModelEvent): void {
    this.outbox.push({ event, after });
  }

  /** The real log has its record. */
  hasAppended(event: ModelEvent): void {
    this.has(partitionOfScope(event.scope, TEST_PARTITIONS), () => {
      event.isProjected = true;
    });
  }

  async append(record: NewRecord, effect: Effect): Promise<void> {
    await this.real.append(record);
    this.has(record.partition, effect);
  }

  async double(index: number): Promise<void> {
    const record = this.records.at(-1 - (index % Math.max(1, this.records.length)));
    if (!record) return;
    const { partition, offset } = record;
    await this.real.double(partition, offset);
    this.has(partition, this.effects[partition]![offset]!);
  }

  async relay(most: number, dies: Death): Promise<void> {
    await this.real.relay(most, dies);
    const lie = new Set(this.outbox.map(({ event }) => event));
    const relayed = this.outbox.filter(({ after }) => !after || !lie.has(after)).slice(0, most);
    if (dies !== 'before') for (const { event } of relayed) this.hasAppended(event);
    if (dies === 'never') this.outbox = this.outbox.filter((each) => !relayed.includes(each));
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
    for (const [partition, records] of this.projected.entries()) {
      await this.real.project(partition, records);
    }
  }

  private has(partition: number, effect: Effect): void {
    this.records.push({ partition, offset: this.effects[partition]!.length });
    this.effects[partition]!.push(effect);
  }
}
