import { readGatewaysFile } from '#libs/opening';
import type { Command } from '../command';
import { CommandRefused } from '../command-refused';
import { refuseFile } from '../refuse-file';

export const gateways: Command = {
  summary: 'how the calls of gateways are taken: check a file before a ledger reads it',
  usage: 'check <file>',
  positionals: { least: 2, most: 2 },
  run: async ({ positionals, options }, cli) => {
    const [step, path] = positionals as [string, string];
    if (step !== 'check') {
      throw new CommandRefused(`There is no step "${step}" of gateways; there is check.`);
    }
    const read = await readGatewaysFile(path);
    if (!read.ok) throw refuseFile(path, read.errors);
    const names = [...read.value.byName.keys()];
    const { default: byDefault } = read.value;
    cli.print(
      options['json'] === true
        ? JSON.stringify({ gateways: names, default: byDefault?.name ?? null })
        : `The gateways are in order: ${names.join(', ')}${byDefault ? `; ${byDefault.name} by default` : ''}.`,
    );
    return 0;
  },
};
