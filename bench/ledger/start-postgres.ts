import { OwnPostgres } from '#libs/testing';

/**
 * Puts its address where what tests are made of looks for it: the given one, else the one from npm in a temporary
 * folder. @returns what stops the one that it has started
 */
export async function startPostgres(databaseUrl: string | undefined): Promise<() => Promise<void>> {
  const postgres = databaseUrl === undefined ? await OwnPostgres.start() : undefined;
  process.env['SPEND_LEDGER_TEST_POSTGRES'] = databaseUrl ?? postgres!.url;
  return async () => postgres?.remove();
}
