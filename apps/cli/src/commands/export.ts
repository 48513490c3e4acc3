import { readExport, type ExportFilter } from '#libs/audit';
import { isOfScope } from '#libs/ledger';
import type { Owner } from '#libs/wire';
import type { Cli, Command, Given } from '../command';
import { CommandRefused } from '../command-refused';
import { givenAccount, givenTime } from '../given';
import { fileOutput, streamOutput, type Output } from '../output';
import { CsvWriter } from './export/csv-writer';
import { NdjsonWriter } from './export/export-writer';

const WRITERS = { ndjson: NdjsonWriter, csv: CsvWriter };

export const exportCommand: Command = {
  summary: 'writes the events of the ledger, or of a part of it, as they were recorded',
  usage:
    '[--account <a> | --owner <team:…|user:…|key:…>] [--from <time>] [--to <time>] [--format ndjson|csv] [--out <file>]',
  options: {
    account: { type: 'string' },
    owner: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    format: { type: 'string' },
    out: { type: 'string' },
  },
  positionals: { least: 0, most: 0 },
  run: async (given, cli) => {
    const filter = readFilter(given);
    const Writer = readFormat(given);
    const { database } = await cli.projection();
    const output = await openOutput(given, cli);
    const writer = new Writer(output);
    try {
      await readExport(database, filter, writer);
      await writer.end();
    } catch (error) {
      await output.abandon();
      throw error;
    }
    await output.finish();
    const { entries, budgets, prices, quarantined } = writer.written;
    cli.tell(
      `${entries} entries, ${budgets} changes of budgets, ${prices} versions of prices, ${quarantined} set aside.`,
    );
    return 0;
  },
};

function readFilter({ options }: Given): ExportFilter {
  const { account, owner } = options;
  if (account !== undefined && owner !== undefined) {
    throw new CommandRefused('Give --account or --owner, not both.');
  }
  const from = givenTime(options, 'from');
  const to = givenTime(options, 'to');
  if (from !== undefined && to !== undefined && to < from) {
    throw new CommandRefused('--to must not be before --from.');
  }
  return {
    ...(account === undefined ? {} : { account: givenAccount(String(account)) }),
    ...(owner === undefined ? {} : { owner: readOwner(String(owner)) }),
    from,
    to,
  };
}

function readOwner(text: string): Owner {
  const account = givenAccount(text);
  if (isOfScope(account) && account.kind !== 'member') return account;
  throw new CommandRefused('--owner must be a team, a user or a key: what owns events.');
}

function readFormat({ options }: Given): (typeof WRITERS)[keyof typeof WRITERS] {
  const format = String(options['format'] ?? 'ndjson');
  if (Object.hasOwn(WRITERS, format)) return WRITERS[format as keyof typeof WRITERS];
  throw new CommandRefused(`--format must be ndjson or csv, and is "${format}".`);
}

function openOutput({ options }: Given, { out = process.stdout, stopped }: Cli): Promise<Output> {
  const file = options['out'];
  return file === undefined
    ? Promise.resolve(streamOutput(out, stopped))
    : fileOutput(String(file), stopped);
}
