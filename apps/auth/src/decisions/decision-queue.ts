import type { KeptDecision } from './answered-decision';

/**
 * Decisions on their way to the database, one entry an id however often it is given. Bounded: what finds no room is
 * not kept. A batch that is being written counts until it is known to be on record.
 */
export class DecisionQueue {
  private waiting = new Map<string, KeptDecision>();
  private underWay = new Map<string, KeptDecision>();

  /** @param most how many ids have room */
  constructor(private readonly most: number) {}

  /** @returns false: there is no room */
  add(given: KeptDecision): boolean {
    const known = this.waiting.get(given.decisionId);
    if (!known && this.length >= this.roomFor(given)) return false;
    this.waiting.set(given.decisionId, known ? together(known, given) : given);
    return true;
  }

  /** The oldest that wait, or only the one of an id. They are under way until `written` or `putBack` is called. */
  take(most: number, decisionId?: string): readonly KeptDecision[] {
    if (this.underWay.size > 0) throw new Error('a batch of decisions is under way already');
    for (const id of decisionId === undefined ? this.waiting.keys() : [decisionId]) {
      if (this.underWay.size === most) break;
      const taken = this.waiting.get(id);
      if (taken) this.underWay.set(id, taken);
      this.waiting.delete(id);
    }
    return [...this.underWay.values()];
  }

  /** What is under way is on record. */
  written(): void {
    this.underWay = new Map();
  }

  /** What is under way is not on record: it waits again, before the others. */
  putBack(): void {
    const later = this.waiting;
    this.waiting = this.underWay;
    this.underWay = new Map();
    for (const [id, given] of later) {
      const known = this.waiting.get(id);
      this.waiting.set(id, known ? together(known, given) : given);
    }
  }

  find(decisionId: string): KeptDecision | undefined {
    const first = this.underWay.get(decisionId);
    const then = this.waiting.get(decisionId);
    return first && then ? together(first, then) : (first ?? then);
  }

  /** Ids that wait or are under way. */
  get length(): number {
    return this.waiting.size + this.underWay.size;
  }

  get waitingLength(): number {
    return this.waiting.size;
  }

  /** What was allowed takes at most half of the room, so that it never costs a refusal its place. */
  private roomFor({ decision }: KeptDecision): number {
    return decision.allowed ? this.most / 2 : this.most;
  }
}

function together(first: KeptDecision, then: KeptDecision): KeptDecision {
  const { lastDecidedAt } = first;
  return {
    ...first,
    count: first.count + then.count,
    lastDecidedAt: then.lastDecidedAt > lastDecidedAt ? then.lastDecidedAt : lastDecidedAt,
  };
}
