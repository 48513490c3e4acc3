import { createHash } from 'node:crypto';
import type { LogRow } from './log-row';

/** Rows that a process has handed on: the newest so many. What is forgotten and met again is a duplicate to the ledger. */
export class SeenRows {
  private readonly seen: RecentNames;
  private readonly offered: RecentNames;

  constructor(most: number) {
    this.seen = new RecentNames(most);
    this.offered = new RecentNames(most);
  }

  has(row: LogRow): boolean {
    return this.seen.has(nameOf(row));
  }

  add(row: LogRow): void {
    this.seen.add(nameOf(row));
  }

  /** Of a row that is not taken yet. */
  isFirstOffer(row: LogRow): boolean {
    const name = nameOf(row);
    if (this.offered.has(name)) return false;
    this.offered.add(name);
    return true;
  }
}

/** In two halves, of which the older one is forgotten as a whole. */
class RecentNames {
  private newer = new Set<string>();
  private older = new Set<string>();

  constructor(private readonly most: number) {}

  has(name: string): boolean {
    return this.newer.has(name) || this.older.has(name);
  }

  add(name: string): void {
    this.newer.add(name);
    if (this.newer.size < this.most / 2) return;
    this.older = this.newer;
    this.newer = new Set();
  }
}

/** Short, however long the id is. */
function nameOf({ requestId, startTime }: LogRow): string {
  const name = `${startTime}\0${requestId}`;
  return createHash('sha256').update(name).digest('base64url').slice(0, 22);
}
