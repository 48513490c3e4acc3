import { instantOf, parsePosition, type Instant } from '#libs/ledger';
import type { ExportHead, ExportLine } from '#libs/wire';

/**
 * Lines stand as they were written: what stands aside first, then what the ledger came to know, in that order, and each
 * partition in the order of its log. So none stands there twice, and a correction follows its spend.
 */
export class LineOrder {
  private readonly last: Record<ExportLine['kind'], Map<number, bigint>> = {
    quarantined: new Map(),
    fact: new Map(),
  };
  private readonly knownBy = new Map<number, Instant>();
  private known: Instant | undefined;

  constructor(private readonly partitions: number) {}

  /** @returns what is wrong with a line that comes next */
  faultOf(line: ExportLine): string | undefined {
    const { kind, partition, offset } = line;
    if (partition >= this.partitions)
      return `is of partition ${partition}, which the ledger has not`;
    const last = this.last[kind].get(partition);
    if (last !== undefined && offset <= last) {
      return offset === last ? 'stands there twice' : 'is not in the order of its partition';
    }
    this.last[kind].set(partition, offset);
    if (kind === 'quarantined') {
      return this.known === undefined ? undefined : 'stands aside, and must come before the events';
    }
    const { knownAt } = line;
    const before = this.knownBy.get(partition);
    const isLater =
      (this.known === undefined || knownAt >= this.known) &&
      (before === undefined || knownAt > before);
    this.known = knownAt;
    this.knownBy.set(partition, knownAt);
    return isLater ? undefined : 'was known before the line above it';
  }

  /** @returns what is wrong with the first line, which says how far each partition is, now that the others are read */
  faultOfHead(head: ExportHead): string | undefined {
    const reached = parsePosition(head.position, 'data.position');
    for (const last of Object.values(this.last)) {
      for (const [partition, offset] of last) {
        const next = reached.ok ? reached.value.get(partition) : undefined;
        if (next === undefined || next <= offset) {
          return `data.position is before a line of partition ${partition}`;
        }
      }
    }
    for (const [partition, knownAt] of this.knownBy) {
      const text = head.knownAt[partition];
      if (text === undefined || instantOf(text) < knownAt) {
        return `data.knownAt is before a line of partition ${partition}`;
      }
    }
    return undefined;
  }
}
