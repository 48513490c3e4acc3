import { API_KEYS, type Api } from './frames';

export type FaultKind =
  /** The broker has done it, and the client never hears so: its connection is cut in place of the answer. */
  | { readonly kind: 'lose the answer' }
  /** The connection is cut, and the broker never hears of it. */
  | { readonly kind: 'cut' }
  /** Neither forwarded nor answered; the connection stays. */
  | { readonly kind: 'swallow' }
  /** The answer, and whatever comes after it on its connection, is late. */
  | { readonly kind: 'delay the answer'; readonly ms: number };

export interface FaultTarget {
  readonly api: Api;
  /** One broker; all of them unless given. */
  readonly node?: number;
  /** Which of these requests is the first one struck, counted from 1 since the fault was made; 1 unless given. */
  readonly from?: number;
  /** How many one after the other; 1 unless given. */
  readonly times?: number;
}

/** A fault that waits for its requests. A spec asserts `struck`: what was never hit proves nothing. */
export class Fault {
  /** How often it was done. */
  struck = 0;
  private seen = 0;

  constructor(
    readonly what: FaultKind,
    private readonly target: FaultTarget,
  ) {}

  /** Whether this request is one of its. */
  takes(node: number, apiKey: number): boolean {
    const { api, from = 1, times = 1 } = this.target;
    if (apiKey !== API_KEYS[api] || node !== (this.target.node ?? node)) return false;
    this.seen += 1;
    return this.seen >= from && this.seen < from + times;
  }
}
