import { parsed, refused, type Parsed } from './result';

/** How far a reader has come: the next offset of each partition. */
export type Position = ReadonlyMap<number, bigint>;

const ENTRY = /^(0|[1-9]\d{0,4}):(0|[1-9]\d{0,18})$/;
const MOST_ENTRIES = 65_536;

/** Reads `<partition>:<next offset>` entries; a partition that stands twice counts with its higher offset. */
export function parsePosition(value: unknown, field: string): Parsed<Position> {
  const entries = typeof value === 'string' ? value.split(',', MOST_ENTRIES + 1) : [''];
  const position = new Map<number, bigint>();
  for (const entry of entries) {
    const match = ENTRY.exec(entry);
    if (!match || entries.length > MOST_ENTRIES) {
      return refused(
        field,
        'position',
        'must be a position that the ledger gave out, or several joined with commas',
      );
    }
    const partition = Number(match[1]);
    const offset = BigInt(match[2]!);
    const known = position.get(partition);
    if (known === undefined || known < offset) position.set(partition, offset);
  }
  return parsed(position);
}

export function formatPosition(position: Position): string {
  return [...position]
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => `${partition}:${offset}`)
    .join(',');
}

/** Whether everything up to `least` is part of `reached`. */
export function includesPosition(reached: Position, least: Position): boolean {
  for (const [partition, offset] of least) {
    if (offset > (reached.get(partition) ?? 0n)) return false;
  }
  return true;
}
