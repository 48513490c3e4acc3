import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

/**
 * What this code makes of the log. It is raised with every change after which a replay comes to other rows, and a new
 * ledger's default (`ledger.projection_version`) with it.
 */
export const PROJECTION_VERSION = 2;

/** The projection's rows are those of other code: this one must add nothing to them. */
export class OtherProjection extends Error {
  override readonly name = 'OtherProjection';
}

/** @returns why this code must not add to the projection, in a sentence, or `undefined` */
export async function projectionMisfit({
  kysely,
}: Pick<Database, 'kysely'>): Promise<string | undefined> {
  const { projection_version: stored } = await kysely
    .selectFrom('ledger')
    .select('projection_version')
    .executeTakeFirstOrThrow();
  return stored === PROJECTION_VERSION
    ? undefined
    : `The balances were made by version ${stored} of the projection, and this is version ${PROJECTION_VERSION}: \`npm run ledger -- rebuild --swap\` makes them anew, beside those that serve meanwhile.`;
}

/** For a statement that may run only where the rows are of this code. */
export const isOurProjection = sql<boolean>`
  (select projection_version from ledger) = ${sql.lit(PROJECTION_VERSION)}`;
