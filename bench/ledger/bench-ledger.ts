import { sql } from 'kysely';
import { createTestDatabase, LedgerProcess, OwnPostgres } from '#libs/testing';
import { parentOfSameName } from '../measure/proc';

/** A ledger of the benchmark's own: a built standalone on an empty database of a real Postgres. */
export interface BenchLedger {
  readonly process: LedgerProcess;
  /** `undefined` if Postgres runs on another machine. */
  readonly postmasterPid: number | undefined;
  stop(): Promise<void>;
}

/** The Postgres in `databaseUrl`, else the one from npm in a temporary folder. */
export async function startBenchLedger(databaseUrl: string | undefined): Promise<BenchLedger> {
  const postgres = databaseUrl === undefined ? await OwnPostgres.start() : undefined;
  process.env['SPEND_LEDGER_TEST_POSTGRES'] = databaseUrl ?? postgres!.url;
  const { url, database, drop } = await createTestDatabase({ ledger: false });
  const ledger = await LedgerProcess.start({ env: { DATABASE_URL: url } });
  const backend = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
    database.kysely,
  );
  return {
    process: ledger,
    postmasterPid: parentOfSameName(backend.rows[0]!.pid, 'postgres'),
    stop: async () => {
      await ledger.stop();
      await drop();
      await postgres?.remove();
    },
  };
}
