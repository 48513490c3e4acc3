import type { Cli, Command, Given } from '../command';
import { CommandRefused } from '../command-refused';
import { checkExport } from '../export-file/check-export';
import { ExportAppender } from './import/append-export';
import { dropImport } from './import/drop-import';
import { alone, beginImport, finishImport } from './import/import-state';

/** Lines between two words of how far it is. */
const TELL_EVERY = 100_000;

export const importCommand: Command = {
  summary: 'fills an empty ledger from an export of a whole one, or drops what was not finished',
  usage: '<file> | --drop',
  options: { drop: { type: 'boolean' } },
  positionals: { least: 0, most: 1 },
  run: (given, cli) => {
    const [path] = given.positionals;
    const isDrop = given.options['drop'] === true;
    if (isDrop === (path !== undefined)) {
      throw new CommandRefused('Give the file of an export, or --drop.');
    }
    return path === undefined ? drop(given, cli) : importFile(path, given, cli);
  },
};

async function importFile(path: string, { options }: Given, cli: Cli): Promise<number> {
  const { database, log, facts } = await cli.ledger();
  const target = { database, log, rules: facts };
  const checked = await checkExport(
    path,
    { database, currency: facts.currency },
    cli.config.importCheck,
  );
  const { lines, head } = checked;
  cli.tell(`The export is whole: ${lines} lines of ledger ${head.ledgerId}.`);
  const before = await alone(database, async () => {
    const { done, isFinished } = await beginImport(database, log, checked);
    if (isFinished) return { done };
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
}

async function drop({ options }: Given, cli: Cli): Promise<number> {
  const { database, facts } = await cli.projection();
  if (facts.logId !== null) {
    throw new CommandRefused(
      'The log of this ledger is in Kafka, which keeps what was appended. Make a new ledger: an empty database, and a KAFKA_TOPIC_PREFIX that no ledger had. Import the file there.',
    );
  }
  const dropped = await alone(database, () => dropImport(database));
  cli.print(
    options['json'] === true
      ? JSON.stringify({ dropped })
      : `The ${dropped} lines that were imported are dropped. The ledger is empty.`,
  );
  return 0;
}

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
