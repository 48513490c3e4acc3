import { hashToken, makeToken, replaceToken } from '#libs/access';
import { CommandRefused } from '../command-refused';
import { givenBy } from '../given';
import { BINDING_USAGE, credentialCommand } from './access/credential-command';
import { make, type Step } from './access/credential-steps';
import { givenLifetime, givenName } from './access/given-credential';
import { printMade } from './access/print-credential';

/** Bearer tokens: what callers over HTTP and gRPC show. */
export const tokens = credentialCommand('token', {
  summary: 'bearer tokens of callers: create, list, rotate, revoke',
  usage: `create --name <name> --roles <record,check,admin,audit,ops> ${BINDING_USAGE} [--source <source>]… | rotate <name> [--overlap <PT1H>]`,
  options: { overlap: { type: 'string' } },
  steps: { create, rotate },
});

async function create(...[given, cli, projection]: Parameters<Step>): Promise<void> {
  const token = makeToken();
  await make(given, cli, projection, { kind: 'token', matches: hashToken(token), token });
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
