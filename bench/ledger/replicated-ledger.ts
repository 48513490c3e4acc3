import type { Watched } from '../measure/cores-in-use';
import { createTestDatabase, LedgerProcess, waitUntil } from '#libs/testing';
import { postmasterOf } from './postmaster';
import { printCents } from './print-cents';
import { startPostgres } from './start-postgres';

/** A ledger as processes of their own, with two auths, on one database, which is its log too. */
export interface ReplicatedLedger {
  /** `host:port` of each auth. */
  readonly auths: readonly string[];
  /** Its processes, and Postgres where it runs on this machine. */
  readonly watched: Watched;
  setLimit(teamId: string, limit: string): Promise<void>;
  /** Waits until nothing of a team is held. @throws Error when it has not spent just this, as each auth sees it */
  drain(teamId: string, spentCents: number): Promise<void>;
  stop(): Promise<void>;
}

const DRAIN_WAIT_MS = 120_000;

export async function startReplicatedLedger(
  databaseUrl: string | undefined,
): Promise<ReplicatedLedger> {
  const stopPostgres = await startPostgres(databaseUrl);
  const db = await createTestDatabase({ ledger: false });
  const env = { DATABASE_URL: db.url, LOG_LEVEL: 'warn' };
  const started: LedgerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const process of started) await process.stop();
    await db.drop();
    await stopPostgres();
  };
  try {
    for (const app of ['ingest', 'projector', 'auth', 'auth'] as const) {
      started.push(await LedgerProcess.openReady({ app, env }));
    }
    const [ingest, projector, ...auths] = started as [LedgerProcess, ...LedgerProcess[]];
    const pids = [ingest, projector!, ...auths].map(({ child }) => child.pid);
    const [ingestPid, projectorPid, auth, auth2] = pids;
    return {
      auths: auths.map(({ httpUrl }) => new URL(httpUrl).host),
      watched: {
        auth,
        'auth 2': auth2,
        ingest: ingestPid,
        projector: projectorPid,
        postgres: await postmasterOf(db.database),
      },
      setLimit: async (teamId, limit) => {
        const { status } = await ingest.http.setBudget(teamId, `team:${teamId}`, limit);
        if (status !== 201) throw new Error(`a budget was answered ${status}`);
      },
      drain: async (teamId, spentCents) => {
        for (const { http } of auths) await drained(http, teamId, spentCents);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function drained(
  http: LedgerProcess['http'],
  teamId: string,
  spentCents: number,
): Promise<void> {
  let last: { spentAllTime: string; held: string } | undefined;
  const isDrained = async (): Promise<boolean> => {
    last = (await http.balance(`team:${teamId}`)).body;
    return last?.held === '0.00';
  };
  await waitUntil('all that was held was spent', isDrained, DRAIN_WAIT_MS);
  const spent = printCents(spentCents);
  if (last!.spentAllTime !== spent) {
    throw new Error(`${spent} was settled for ${teamId}, ${last!.spentAllTime} is spent`);
  }
}
