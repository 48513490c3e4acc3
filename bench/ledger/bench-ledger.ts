import { hashToken, insertCredential, makeToken, ROLES, UNBOUND } from '#libs/access';
import type { Database } from '#libs/postgres';
import { createTestDatabase, LedgerProcess } from '#libs/testing';
import { postmasterOf } from './postmaster';
import { startPostgres } from './start-postgres';

/** A ledger of the benchmark's own: a built standalone on an empty database of a real Postgres. */
export interface BenchLedger {
  readonly url: string;
  readonly process: LedgerProcess;
  /** Opens its doors to the callers that send it. */
  readonly token: string;
  readonly database: Database;
  /** `undefined` if Postgres runs on another machine. */
  readonly postmasterPid: number | undefined;
  stop(): Promise<void>;
}

/** The Postgres in `databaseUrl`, else the one from npm in a temporary folder. */
export async function startBenchLedger(
  databaseUrl: string | undefined,
  {
    isOpen = true,
    env = {},
  }: { readonly isOpen?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<BenchLedger> {
  const INSECURE_NO_AUTH = isOpen ? '1' : '';
  const stopPostgres = await startPostgres(databaseUrl);
  const { url, database, drop } = await createTestDatabase({ ledger: false });
  const ledger = await LedgerProcess.start({
    env: { DATABASE_URL: url, INSECURE_NO_AUTH, ...env },
  });
  return {
    url,
    process: ledger,
    token: await keepToken(database),
    database,
    postmasterPid: await postmasterOf(database),
    stop: async () => {
      await ledger.stop();
      await drop();
      await stopPostgres();
    },
  };
}

async function keepToken({ kysely }: Database): Promise<string> {
  const token = makeToken();
  const matches = hashToken(token);
  const given = { kind: 'token', name: 'bench', by: 'bench', roles: ROLES } as const;
  await insertCredential(kysely, { ...given, matches, bindings: UNBOUND, expiresIn: undefined });
  return token;
}
