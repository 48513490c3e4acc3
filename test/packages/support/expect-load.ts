import { picoOfDecimal } from '#libs/ledger';
import type { LoadOutcome } from './run-load';

/** What callers knew is on record, to the last digit, within the limit; nothing stays held. */
export function expectLoad(outcome: LoadOutcome, seed: string): void {
  const { told, recorded, most, held, unpriced, kills, killsInCall, refused } = outcome;
  expect({
    seed,
    recorded,
    held,
    isWithinLimit: picoOfDecimal(recorded) <= picoOfDecimal(most),
    // A process may also be killed for a request of its journal while it is in a call.
    areInterruptedCallsUnknown: unpriced >= killsInCall && unpriced <= kills,
    hasKills: kills > 0,
    hasRefusals: refused > 0,
  }).toEqual({
    seed,
    recorded: told,
    held: '0.00',
    isWithinLimit: true,
    areInterruptedCallsUnknown: true,
    hasKills: true,
    hasRefusals: true,
  });
}
