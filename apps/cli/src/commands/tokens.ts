import { hashToken, makeToken, replaceToken } from '#libs/access';
import type { Command } from '../command';
import { CommandRefused } from '../command-refused';
import { givenBy } from '../given-by';
import { keepCredential, listOf, revokeOf, takeStep, type Step } from './access/credential-steps';
import {
  BINDING_OPTIONS,
  BINDING_USAGE,
  givenBindings,
  givenLifetime,
  givenName,
  givenRoles,
  givenSources,
} from './access/given-credential';
import { printMade } from './access/print-credential';

const STEPS: Readonly<Record<string, Step>> = {
  create,
  list: listOf('token'),
  rotate,
  revoke: revokeOf('token'),
};

/** Bearer tokens: what callers over HTTP and gRPC show. */
export const tokens: Command = {
  summary: 'bearer tokens of callers: create, list, rotate, revoke',
  usage: `create --name <name> --roles <record,check,admin,audit,ops> ${BINDING_USAGE} [--source <source>]… | list | rotate <name> [--overlap <PT1H>] | revoke <name>`,
  options: {
    ...BINDING_OPTIONS,
    source: { type: 'string', multiple: true },
    overlap: { type: 'string' },
  },
  positionals: { least: 1, most: 2 },
  run: (given, cli) => takeStep(STEPS, given, cli),
};

async function create(...[given, cli, { database }]: Parameters<Step>): Promise<void> {
  const { options } = given;
  const token = makeToken();
  const row = await keepCredential(database, {
    kind: 'token',
    name: givenName(given),
    matches: hashToken(token),
    roles: givenRoles(options),
    bindings: givenBindings(options, givenSources(options)),
    by: givenBy(options),
    expiresIn: givenLifetime(options, 'expires'),
  });
  printMade(given, cli, { kind: 'token', row, token });
}

async function rotate(...[given, cli, { database }]: Parameters<Step>): Promise<void> {
  const name = givenName(given);
  const token = makeToken();
  const row = await replaceToken(database.kysely, {
    name,
    matches: hashToken(token),
    by: givenBy(given.options),
    overlap: givenLifetime(given.options, 'overlap') ?? 'PT0S',
  });
  if (!row) throw new CommandRefused(`There is no token of the name "${name}" in force.`);
  printMade(given, cli, { kind: 'token', row, token });
}
