import {
  insertCredential,
  listCredentials,
  revokeCredentials,
  type CredentialKind,
  type CredentialRow,
  type NewCredential,
} from '#libs/access';
import { ANONYMOUS } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { isUniqueViolation } from '#libs/runtime';
import type { Cli, Given } from '../../command';
import { CommandRefused } from '../../command-refused';
import { givenBy } from '../../given';
import type { Projection } from '../../open-ledger';
import { givenCredential, givenName } from './given-credential';
import { printList, printMade } from './print-credential';

export type Step = (given: Given, cli: Cli, projection: Projection) => Promise<void>;

interface Made {
  readonly kind: CredentialKind;
  readonly matches: string;
  /** Shown with it, now and never again. */
  readonly token?: string;
}

const MOST_LISTED = 1000;

/** Makes a credential as it was asked for, and shows it. */
export async function make(
  given: Given,
  cli: Cli,
  { database }: Projection,
  { kind, matches, token }: Made,
): Promise<void> {
  const row = await keepCredential(database, { kind, matches, ...givenCredential(given) });
  printMade(given, cli, { kind, row, ...(token !== undefined && { token }) });
}

async function keepCredential(
  { kysely }: Database,
  credential: NewCredential,
): Promise<CredentialRow> {
  if (credential.name === ANONYMOUS) {
    throw new CommandRefused(
      `"${ANONYMOUS}" is what the record calls those who showed no credential: give another name.`,
    );
  }
  if (credential.bindings.sources.length > 0 && !credential.roles.some(isRecording)) {
    throw new CommandRefused(
      '--source binds what is recorded: give it with the role record or admin.',
    );
  }
  return insertCredential(kysely, credential).catch((error: unknown) => {
    if (!isUniqueViolation(error)) throw error;
    throw new CommandRefused(
      `There is one of the name "${credential.name}" already, or one for the same: revoke it first.`,
    );
  });
}

export const listOf =
  (kind: CredentialKind): Step =>
  async (given, cli, { database }) =>
    printList(
      given,
      cli,
      kind,
      await listCredentials(database.kysely, { kind, most: MOST_LISTED }),
    );

export const revokeOf =
  (kind: CredentialKind): Step =>
  async (given, cli, { database }) => {
    const name = givenName(given);
    const by = givenBy(given.options);
    const revoked = await revokeCredentials(database.kysely, { kind, name, by });
    if (revoked === 0)
      throw new CommandRefused(`There is no ${kind} of the name "${name}" in force.`);
    const done = { name, revoked };
    cli.print(
      given.options['json'] === true
        ? JSON.stringify(done)
        : `${name} is revoked; every process knows within a second.`,
    );
  };

const isRecording = (role: string): boolean => role === 'record' || role === 'admin';
