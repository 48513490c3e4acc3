import type { Database } from '#libs/postgres';
import { createTestDatabase, LedgerProcess } from '#libs/testing';
import { postmasterOf } from './postmaster';
import { startPostgres } from './start-postgres';

/** A ledger of the benchmark's own: a built standalone on an empty database of a real Postgres. */
export interface BenchLedger {
  readonly process: LedgerProcess;
  readonly database: Database;
  /** `undefined` if Postgres runs on another machine. */
  readonly postmasterPid: number | undefined;
  stop(): Promise<void>;
}

/** The Postgres in `databaseUrl`, else the one from npm in a temporary folder. */
export async function startBenchLedger(databaseUrl: string | undefined): Promise<BenchLedger> {
  const stopPostgres = await startPostgres(databaseUrl);
  const { url, database, drop } = await createTestDatabase({ ledger: false });
  const ledger = await LedgerProcess.start({ env: { DATABASE_URL: url } });
  return {
    process: ledger,
    database,
    postmasterPid: await postmasterOf(database),
    stop: async () => {
      await ledger.stop();
      await drop();
      await stopPostgres();
    },
  };
}
