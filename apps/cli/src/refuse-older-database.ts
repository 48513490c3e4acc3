import { findClaimsOfTail } from '#libs/spend-log';
import type { Cli } from './command';
import { CommandRefused } from './command-refused';
import type { Projection } from './open-ledger';

/**
 * What a command claims may be on a log that is newer than the database.
 * @throws CommandRefused
 */
export async function refuseOlderDatabase(cli: Cli, { facts }: Projection): Promise<void> {
  if (facts.logId === null) return;
  const { database, log } = await cli.ledger();
  const parts = { database, log, rules: facts };
  const found = await findClaimsOfTail(parts, await log.endOffsets(), cli.stopped);
  if (found === 'complete') return;
  throw new CommandRefused(
    'This database is older than its log, or that cannot be said yet: nothing was done. Start the projector, and try again once it has read the log to its end.',
  );
}
