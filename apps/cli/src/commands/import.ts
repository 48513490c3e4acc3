import type { Cli, Command } from '../command';
import { CommandRefused } from '../command-refused';
import { ExportAppender } from './import/append-export';
import { checkExport } from '../export-file/check-export';
import { alone, beginImport, finishImport } from './import/import-state';

/** Lines between two words of how far it is. */
const TELL_EVERY = 100_000;

export const importCommand: Command = {
  summary: 'fills an empty ledger from an export of a whole one',
  usage: '<file>',
  positionals: { least: 1, most: 1 },
  run: async ({ positionals, options }, cli) => {
    const [path] = positionals as [string];
    const { database, log, facts } = await cli.ledger();
    const checked = await checkExport(path, facts.currency);
    const { lines, head } = checked;
    cli.tell(`The export is whole: ${lines} lines of ledger ${head.ledgerId}.`);
    const before = await alone(database, async () => {
      const { done, isFinished } = await beginImport(database, log, checked);
      if (isFinished) return { done };
      const target = { database, log, rules: facts };
      const appender = new ExportAppender(target, done);
      await appender.append(path, checked, teller(cli, lines));
      await finishImport(database, head.closedMonths);
      return { done };
    });
    const imported = lines - before.done;
    cli.print(
      options['json'] === true
        ? JSON.stringify({ ledgerId: head.ledgerId, lines, imported })
        : `${imported} of ${lines} lines were imported; the balances follow as they are projected.`,
    );
    return 0;
  },
};

/** @throws CommandRefused when the user has asked to stop */
function teller({ tell, stopped }: Cli, lines: number): (done: number) => void {
  let told = 0;
  return (done) => {
    if (done < lines && stopped.aborted) {
      throw new CommandRefused(
        `Interrupted after ${done} of ${lines} lines: import the same file again to go on.`,
      );
    }
    if (done - told < TELL_EVERY) return;
    told = done;
    tell(`${done} of ${lines} lines`);
  };
}
