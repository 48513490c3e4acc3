import { oneRebuildAtATime } from '#libs/projection';
import type { Cli, Command } from '../command';
import { CommandRefused } from '../command-refused';
import type { Ledger } from '../open-ledger';
import { ExportFiller, exportToRebuildFrom } from './rebuild/from-export';
import { Rebuild, type Filler, type RebuildReport, type RecordSource } from './rebuild/rebuild';
import { printDifference } from './rebuild/print-difference';

const TELL_EVERY = 10_000;

/** Reads all of the log again, beside what serves. */
export const rebuild: Command = {
  summary: 'replays the log from zero beside the live tables, and compares; --swap takes over',
  usage: '[--swap] [--anew] [--from <export>]',
  options: { swap: { type: 'boolean' }, anew: { type: 'boolean' }, from: { type: 'string' } },
  positionals: { least: 0, most: 0 },
  async run({ options }, cli) {
    const ledger = await cli.ledger();
    const { from } = options;
    const fill = typeof from === 'string' ? await fillerOf(from, ledger, cli) : undefined;
    // What an export fills has to be empty.
    const anew = options['anew'] === true || fill !== undefined;
    const wanted = { swap: options['swap'] === true, anew };
    const source: RecordSource = (reader) =>
      ledger.log.consumeAlone(reader, cli.config.rebuild.batch);
    const rebuilt = await oneRebuildAtATime(ledger.database, (connection) =>
      new Rebuild(cli, { ...ledger, connection }, source, fill).run(wanted),
    ).catch(refuseWithoutRights);
    if (rebuilt.outcome === 'busy') {
      throw new CommandRefused(
        'Another rebuild of this ledger is under way; there is one at a time.',
      );
    }
    const report = rebuilt.result;
    if (options['json'] === true) cli.print(JSON.stringify(report));
    else for (const line of linesOf(report)) cli.print(line);
    return report.found > 0 && !report.swapped ? 1 : 0;
  },
};

/** @throws CommandRefused unless it is a whole export of this ledger */
async function fillerOf(path: string, { database, facts }: Ledger, cli: Cli): Promise<Filler> {
  const checked = await exportToRebuildFrom(path, database, facts, cli.config.importCheck);
  const { lines } = checked;
  return async (rebuilt) => {
    const filler = new ExportFiller(rebuilt, facts, cli.config.rebuild.batch.records);
    await filler.fill(path, checked, (done) => {
      if (cli.stopped.aborted) throw new CommandRefused('Interrupted. Nothing was changed.');
      if (done % TELL_EVERY === 0) cli.tellProgress(`${done} of ${lines} lines of the export`);
    });
  };
}

/** Postgres' insufficient_privilege: the tables beside the live ones are in a schema of their own. */
function refuseWithoutRights(error: unknown): never {
  if ((error as { code?: unknown }).code !== '42501') throw error;
  throw new CommandRefused(
    `The user of the database may not do what a rebuild needs (create a schema, own the tables): ${(error as Error).message}.`,
  );
}

function* linesOf({ events, accounts, found, differences, swapped }: RebuildReport) {
  for (const difference of differences) yield printDifference(difference);
  if (found > differences.length) yield `… and ${found - differences.length} more.`;
  const result = found === 0 ? 'no difference' : `${found} difference${found === 1 ? '' : 's'}`;
  yield `${events} events, ${accounts} accounts: ${result}.`;
  if (swapped) yield 'The rebuilt tables are in use now.';
  else if (found > 0) yield 'Nothing was changed; with --swap what was rebuilt takes over.';
}
