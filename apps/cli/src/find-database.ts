import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findEmbeddedPostgres, startEmbeddedPostgres, whyUnusable } from '#libs/postgres';
import { CommandRefused } from './command-refused';
import type { CliConfig } from './config';

export interface FoundDatabase {
  readonly databaseUrl: string;
  /** Nobody else has it, for as long as this is not stopped. */
  readonly isAlone: boolean;
  readonly stop: () => Promise<void>;
}

/** DATABASE_URL, or the embedded ledger of DATA_DIR: as it runs, or started for the command. */
export async function findDatabase(
  { databaseUrl, dataDir }: CliConfig,
  tell: (line: string) => void,
): Promise<FoundDatabase> {
  const leave = { isAlone: false, stop: () => Promise.resolve() };
  if (databaseUrl !== undefined) return { databaseUrl, ...leave };
  const folder = resolve(dataDir);
  if (!existsSync(folder)) {
    throw new CommandRefused(
      `DATA_DIR is "${dataDir}", and there is no such folder: set it to a ledger's, or set DATABASE_URL.`,
    );
  }
  const running = await findEmbeddedPostgres(folder);
  if (running !== undefined) return { databaseUrl: running, ...leave };
  const embedded = await startEmbeddedPostgres({ dataDir: folder, log: tell }).catch(
    (error: unknown) => {
      throw new CommandRefused(
        `DATA_DIR is "${dataDir}", but the embedded Postgres cannot start there: ${whyUnusable(error)}.`,
      );
    },
  );
  if (embedded.outcome === 'folder_in_use') throw new CommandRefused(embedded.sentence);
  const { postgres } = embedded;
  return {
    databaseUrl: postgres.connectionString,
    isAlone: true,
    stop: () => postgres.stop(),
  };
}
