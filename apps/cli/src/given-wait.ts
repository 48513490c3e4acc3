import { parseIsoDuration } from '#libs/runtime';
import type { Given } from './command';
import { CommandRefused } from './command-refused';

const EXAMPLE = 'PT10S';

/** `--wait`: how long a command waits for the ledger, in milliseconds. @throws CommandRefused */
export function givenWait({ wait = EXAMPLE }: Given['options']): number {
  const waitMs = parseIsoDuration(String(wait));
  if (waitMs !== undefined && waitMs >= 0) return waitMs;
  throw new CommandRefused(
    `--wait must be a duration such as ${EXAMPLE}, and is "${String(wait)}".`,
  );
}
