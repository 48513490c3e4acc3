import { readOwingHolds, type OnExpiry } from '#libs/holds';
import { WakeableLoop } from '#libs/runtime';
import { flushHolds, type FlushParts } from './flush-holds';

export interface ExpiryOptions {
  /** Most holds whose events one flush makes. */
  readonly expiryBatch: number;
  /** How often it looks. */
  readonly expiryPollMs: number;
  /** Something lies in the outbox. */
  readonly onRecorded: (made: readonly OnExpiry[]) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Makes the events of holds that have expired and owe one. Any number of processes may do so side by side: the flush
 * that comes second finds that it is done.
 */
export class ExpiryRecorder {
  private readonly loop: WakeableLoop;

  constructor(
    private readonly parts: FlushParts,
    private readonly options: ExpiryOptions,
  ) {
    const { expiryPollMs, onError } = options;
    this.loop = new WakeableLoop({
      round: (stopped) => this.recordAll(stopped),
      pauseMs: 0,
      pollMs: expiryPollMs,
      retryMs: expiryPollMs,
      onError,
    });
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async recordAll(stopped: AbortSignal): Promise<void> {
    const { expiryBatch, onRecorded } = this.options;
    while (!stopped.aborted) {
      const { found, made } = await recordExpiries(this.parts, expiryBatch);
      if (made.length > 0) onRecorded(made);
      // Where none could be made, as while the ledger is behind, there is nothing to do but wait.
      if (found < expiryBatch || made.length === 0) return;
    }
  }
}

/** One flush of the holds that expired first. @returns how many owed an event, and what was made */
export async function recordExpiries(
  parts: FlushParts,
  most: number,
): Promise<{ readonly found: number; readonly made: readonly OnExpiry[] }> {
  const owing = await readOwingHolds(parts.database, most);
  if (owing.length === 0) return { found: 0, made: [] };
  const outcomes = await flushHolds(
    parts,
    owing.map(({ holdId, caller }) => ({ kind: 'expire', holdId, caller })),
  );
  const made = owing.filter((_, n) => outcomes[n]!.outcome === 'settled');
  return { found: owing.length, made: made.map(({ onExpiry }) => onExpiry) };
}
