/** How a request failed, as far as trying it again depends on it. */
export interface Failure {
  /** Whether the same may be sent again at all. */
  readonly mayRetry: boolean;
  /** What the ledger asked to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  readonly isTimeout?: boolean;
}

export interface RetryRule {
  /** How often the same is sent again. */
  readonly maxRetries: number;
  /** As `maxRetries`, after a time-out. */
  readonly maxTimeouts?: number;
}

const FIRST_DELAY = 200;
const LONGEST_DELAY = 8_000;
const JITTER = 0.25;
/** A ledger that asks for more than this is told to the caller. */
export const LONGEST_RETRY_AFTER = 60_000;

/** Whether a status says that the same request may be answered later. */
export function isTransient(status: number): boolean {
  return [408, 500, 502, 503, 504].includes(status);
}

/** 0.2 s, doubled by each failure, a quarter more or less. @param random from 0 to 1 */
export function backoff(failures: number, random: number, longest = LONGEST_DELAY): number {
  const delay = Math.min(FIRST_DELAY * 2 ** failures, longest);
  return Math.min(delay * (1 - JITTER + 2 * JITTER * random), longest);
}

/** How long to wait before the same is sent again. @returns undefined: not again */
export function retryDelay(
  failure: Failure,
  tried: number,
  { maxRetries, maxTimeouts = maxRetries }: RetryRule,
  random: number,
): number | undefined {
  const { mayRetry, retryAfter = 0, isTimeout = false } = failure;
  const most = isTimeout ? Math.min(maxRetries, maxTimeouts) : maxRetries;
  if (!mayRetry || tried >= most || retryAfter > LONGEST_RETRY_AFTER) return undefined;
  return Math.max(retryAfter, backoff(tried, random));
}

/** The header in milliseconds: it has seconds, or a date. */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
