import { documentOfStatement, readStatement } from '#libs/audit';
import { parseId } from '#libs/ledger';
import type { Command, Given } from '../command';
import { CommandRefused } from '../command-refused';
import { givenMonth } from '../given';
import { printStatement } from './statement/print-statement';

export const statement: Command = {
  summary: 'states what a month came to, team by team: opening, spends, corrections, closing',
  usage: '--month <2026-04> [--zone <name>] [--team <id>]',
  options: { month: { type: 'string' }, zone: { type: 'string' }, team: { type: 'string' } },
  positionals: { least: 0, most: 0 },
  async run({ options }, cli) {
    const month = givenMonth(options);
    const teamId = givenTeam(options);
    const { database, facts } = await cli.projection();
    const stated = await readStatement(database, month, teamId, facts.partitions);
    const document = documentOfStatement(stated, facts.currency);
    cli.print(options['json'] === true ? JSON.stringify(document) : printStatement(document));
    return 0;
  },
};

function givenTeam({ team }: Given['options']): string | undefined {
  if (team === undefined) return undefined;
  const id = parseId(team, '--team');
  if (id.ok) return id.value;
  // Not what it is: it may be a secret.
  throw new CommandRefused(`--team ${id.errors[0]!.message}.`);
}
