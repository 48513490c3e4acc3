import type { LogRecord } from '#libs/wire';
import type { ReadLimits } from '../../postgres/read-records';

/** Records of one partition that were fetched and not yet applied. */
export class RecordQueue {
  private records: LogRecord[] = [];
  private bytes = 0;

  constructor(
    private readonly takeLimits: ReadLimits,
    private readonly roomLimits: ReadLimits,
  ) {}

  get isEmpty(): boolean {
    return this.records.length === 0;
  }

  /** No more should be fetched for now; what was under way is taken still. */
  get isFull(): boolean {
    return this.records.length >= this.roomLimits.records || this.bytes >= this.roomLimits.bytes;
  }

  push(record: LogRecord): void {
    this.records.push(record);
    this.bytes += record.value.length;
  }

  /** The next ones that one transaction applies; one at least. */
  take(): readonly LogRecord[] {
    let [count, bytes] = [0, 0];
    for (const { value } of this.records) {
      bytes += value.length;
      if (count > 0 && (count >= this.takeLimits.records || bytes > this.takeLimits.bytes)) break;
      count++;
    }
    const taken = this.records.splice(0, count);
    for (const { value } of taken) this.bytes -= value.length;
    return taken;
  }

  clear(): void {
    this.records = [];
    this.bytes = 0;
  }
}
