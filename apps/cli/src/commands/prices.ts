import { readPricesFile } from '#libs/opening';
import type { Command } from '../command';
import { CommandRefused } from '../command-refused';
import { refuseFile } from '../refuse-file';

export const prices: Command = {
  summary: 'what calls are priced by: check a file before a ledger reads it',
  usage: 'check <file>',
  positionals: { least: 2, most: 2 },
  run: async ({ positionals, options }, cli) => {
    const [step, path] = positionals as [string, string];
    if (step !== 'check') {
      throw new CommandRefused(`There is no step "${step}" of prices; there is check.`);
    }
    const read = await readPricesFile(path, cli.config);
    if (!read.ok) throw refuseFile(path, read.errors);
    const { version, currency, document } = read.value;
    const models = document.models.length;
    cli.print(
      options['json'] === true
        ? JSON.stringify({ version, currency, models })
        : `The prices ${version} are in order: ${models} ${models === 1 ? 'entry' : 'entries'}, in ${currency}.`,
    );
    return 0;
  },
};
