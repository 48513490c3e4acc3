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
import { givenBy } from '../../given-by';
import type { Projection } from '../../open-ledger';
import { givenName } from './given-credential';
import { printList } from './print-credential';

export type Step = (given: Given, cli: Cli, projection: Projection) => Promise<void>;

const MOST_LISTED = 1000;

/** Runs the step that a command's first word names. */
export async function takeStep(
  steps: Readonly<Record<string, Step>>,
  given: Given,
  cli: Cli,
): Promise<number> {
  const name = given.positionals[0]!;
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (!step) {
    throw new CommandRefused(`There is no "${name}" here: ${Object.keys(steps).join(', ')}.`);
  }
  await step(given, cli, await cli.projection());
  return 0;
}

export async function keepCredential(
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
