import { keepFirstToken } from '#libs/access';
import { keepTimeZoneData } from '#libs/postgres';
import type { Command } from '../command';
import { CommandRefused } from '../command-refused';

/** What processes do when they start as the owner, for those that may not. */
export const migrate: Command = {
  summary: 'brings the tables up to date, and creates the ledger on an empty database',
  usage: '',
  positionals: { least: 0, most: 0 },
  async run({ options }, cli) {
    const { database, facts } = await cli.migrated();
    await keepTimeZoneData(database);
    const { firstTokenFile } = cli.config.access;
    const fault = firstTokenFile && (await keepFirstToken(database, firstTokenFile));
    if (fault) throw new CommandRefused(fault);
    const { currency, partitions, logId } = facts;
    const log = logId === null ? 'postgres' : 'kafka';
    cli.print(
      options['json'] === true
        ? JSON.stringify({ currency, partitions, log })
        : `The ledger is up to date: ${currency}, ${partitions} partitions, its log in ${log === 'kafka' ? 'Kafka' : 'Postgres'}.`,
    );
    return 0;
  },
};
