import { visibleText } from '#libs/json';
import { printLedgerDifference, verifyLedger, type Verification } from '#libs/projection';
import type { Cli, Command } from '../command';

/** Of one check; what is more is counted. */
const MOST_DIFFERENCES = 1000;

/** Recomputes everything from the events. */
export const verify: Command = {
  summary: 'recomputes every balance and window from the events, and these from their hashes',
  usage: '',
  positionals: { least: 0, most: 0 },
  async run({ options }, cli) {
    const { database, facts } = await cli.projection();
    const verification = await verifyLedger(database, facts, {
      most: MOST_DIFFERENCES,
      atOnce: checksAtOnce(cli.config),
      signal: cli.stopped,
      tell: (what) => cli.tellProgress(`verifying ${what}`),
    });
    if (options['json'] === true) cli.print(JSON.stringify(documentOf(verification)));
    else for (const line of linesOf(verification)) cli.print(line);
    return verification.found > 0 ? 1 : 0;
  },
};

/** One connection is left, for ending what is stopped. */
function checksAtOnce({ verifyParallel, databaseConnections }: Cli['config']): number {
  return Math.max(1, Math.min(verifyParallel, databaseConnections - 1));
}

/** `more` only where some are left out. */
function documentOf({ events, accounts, found, differences }: Verification): object {
  const more = found - differences.length;
  return { events, accounts, differences, ...(more > 0 && { more }) };
}

function* linesOf({ events, accounts, found, differences }: Verification) {
  for (const difference of differences) {
    yield visibleText(printLedgerDifference(difference));
  }
  if (found > differences.length) yield `… and ${found - differences.length} more.`;
  const result = found === 0 ? 'no difference' : `${found} difference${found === 1 ? '' : 's'}`;
  yield `${events} events, ${accounts} accounts: ${result}.`;
}
