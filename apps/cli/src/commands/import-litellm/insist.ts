import { dependencyRefusal, rest } from '#libs/runtime';
import type { Cli } from '../../command';
import { CommandRefused } from '../../command-refused';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;

/**
 * Does what can be done again without harm until it succeeds: a database that is gone comes back, and an answer that was
 * lost says *unknown*.
 * @throws Interrupted
 */
export async function insist<T>({ tell, stopped }: Cli, work: () => Promise<T>): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    if (stopped.aborted) throw new Interrupted();
    try {
      return await work();
    } catch (error) {
      const refusal = dependencyRefusal(error);
      if (refusal === undefined) throw error;
      if (waitMs === FIRST_WAIT_MS) tell(`${refusal.reason}; this is tried until it succeeds.`);
      await rest(waitMs, stopped);
    }
  }
}

/** The user has asked to stop. */
export class Interrupted extends CommandRefused {
  constructor() {
    super('Interrupted: what was recorded stays. Run the same command again; it records the rest.');
  }
}
