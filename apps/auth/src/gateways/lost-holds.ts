import { findHoldsOfRequests, type RequestOfHold } from '#libs/holds';
import type { Instant } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { Batcher } from '#libs/runtime';

export interface LostHoldParts {
  readonly reads: Prepared;
  readonly partitions: number;
  readonly limits: { readonly maxBatch: number; readonly maxQueue: number };
}

/** A call of which its gateway knows no answer. */
export interface UnansweredCall {
  readonly gateway: string;
  readonly caller: string;
  readonly requestId: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
}

/** How far the clocks of a gateway and of the ledger may be apart. */
const SKEW_MICROS = 1_000_000n;

/** Finds the hold that was taken for a call whose gateway never got the answer, whichever process took it. */
export class LostHolds {
  private readonly batcher: Batcher<UnansweredCall, string | undefined>;

  constructor({ reads, partitions, limits }: LostHoldParts) {
    this.batcher = new Batcher({
      ...limits,
      flush: async (calls) => {
        const found = await findHoldsOfRequests(reads, partitions, calls.map(wantedOf));
        return calls.map((call, n) => only(found[n]!, `${call.gateway}/`));
      },
    });
  }

  /** @returns its id; `undefined`: there is none that lives, or more than one, and a wrong one must not be set free */
  find(call: UnansweredCall): Promise<string | undefined> {
    return this.batcher.submit(call);
  }
}

/** A request's name may be its client's: only a hold that is no older than the call can be its own. */
function wantedOf({ caller, requestId, startedAt, endedAt }: UnansweredCall): RequestOfHold {
  return { caller, requestId, from: startedAt - SKEW_MICROS, to: endedAt + SKEW_MICROS };
}

function only(
  holds: readonly { readonly holdId: string; readonly key: string }[],
  prefix: string,
): string | undefined {
  const own = holds.filter(({ key }) => key.startsWith(prefix));
  return own.length === 1 ? own[0]!.holdId : undefined;
}
