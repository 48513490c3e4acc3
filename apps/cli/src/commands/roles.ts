import { grantRoles, nameOfRole, readRoles, rolesAsSql } from '#libs/postgres';
import type { Cli, Command, Given } from '../command';
import { CommandRefused } from '../command-refused';
import { stepOf } from '../step-of';
import { documentOfRole, printRoles } from './roles/print-roles';

type Step = (given: Given, cli: Cli) => Promise<number>;

const STEPS: Readonly<Record<string, Step>> = { grant, show, sql };

/** Roles of the database: what each process may do with the tables, whatever it is made to say. */
export const roles: Command = {
  summary: 'roles of the database, one for each process: grant, show, sql',
  usage: 'grant | show | sql',
  positionals: { least: 1, most: 1 },
  run: (given, cli) => stepOf(STEPS, given)(given, cli),
};

/** Makes what is missing, and takes away what a role may not. */
async function grant({ options }: Given, cli: Cli): Promise<number> {
  const { database } = await cli.projection();
  const granted = await grantRoles(database);
  switch (granted.outcome) {
    case 'may_not_create':
      throw new CommandRefused(
        `${granted.user} may not create roles, and ${granted.missing.map(nameOfRole).join(', ')} are missing: have an administrator run what \`npm run --silent ledger -- roles sql\` prints.`,
      );
    case 'not_the_owner':
      throw new CommandRefused(
        `The ledger's tables are ${granted.owner}'s, and ${granted.user} may not grant them: run it as ${granted.owner}.`,
      );
    case 'granted':
      cli.print(
        options['json'] === true
          ? JSON.stringify({ created: granted.created.map(nameOfRole) })
          : `Each role may do its part${granted.created.length === 0 ? '' : `; created: ${granted.created.map(nameOfRole).join(', ')}`}.`,
      );
      return 0;
  }
}

/** @returns 1 where a role may more or less than it should */
async function show({ options }: Given, cli: Cli): Promise<number> {
  const { database } = await cli.projection();
  const states = await readRoles(database);
  cli.print(
    options['json'] === true
      ? JSON.stringify({ roles: states.map(documentOfRole) })
      : printRoles(states),
  );
  return states.every(({ missing, excess }) => missing.length + excess.length === 0) ? 0 : 1;
}

/** Needs no database. */
function sql({ options }: Given, cli: Cli): Promise<number> {
  cli.print(options['json'] === true ? JSON.stringify({ sql: rolesAsSql() }) : rolesAsSql());
  return Promise.resolve(0);
}
