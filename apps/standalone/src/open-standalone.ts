import { resolve } from 'node:path';
import { AuthModule } from '../../auth/src/auth.module';
import { IngestModule } from '../../ingest/src/ingest.module';
import { ProjectorModule } from '../../projector/src/projector.module';
import { openAccess, type OpenAccess } from '#libs/access';
import { instantOfMillis } from '#libs/ledger';
import { startEmbeddedPostgres } from '#libs/postgres';
import {
  DEFAULT_PARTITIONS,
  openedOrRefused,
  StartRefused,
  type ProcessParts,
  type ProcessTools,
} from '#libs/runtime';
import { ledgerOptions, openLedger } from '#libs/spend-log';
import type { StandaloneConfig } from './config';

/** The three apps in one process, on the database that is configured or on one of their own. */
export async function openStandalone(
  config: StandaloneConfig,
  tools: ProcessTools,
): Promise<StandaloneParts> {
  const postgres = await findPostgres(config, tools);
  try {
    const parts = await openParts(config, tools, postgres);
    const close = async () => {
      try {
        await parts.close();
      } finally {
        await postgres.stop();
      }
    };
    return { ...parts, close };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

type StandaloneParts = ProcessParts & Pick<OpenAccess, 'gate'>;

interface FoundPostgres {
  readonly databaseUrl: string;
  readonly reader: string | undefined;
  readonly stop: () => Promise<void>;
}

async function findPostgres(
  { databaseUrl, dataDir }: StandaloneConfig,
  { logger }: ProcessTools,
): Promise<FoundPostgres> {
  if (databaseUrl !== undefined) {
    return { databaseUrl, reader: undefined, stop: () => Promise.resolve() };
  }
  const embedded = await startEmbeddedPostgres({
    dataDir: resolve(dataDir),
    log: (line) => logger.info(line),
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartRefused(
      `DATA_DIR is "${dataDir}", and the embedded Postgres cannot start there; another folder may do, for example DATA_DIR=.spend-ledger. Why: ${reason}`,
      { cause: error },
    );
  });
  if (embedded.outcome === 'folder_in_use') throw new StartRefused(embedded.sentence);
  const { postgres } = embedded;
  return {
    databaseUrl: postgres.connectionString,
    // The folder has one owner at a time, so what a predecessor leased is ours at once.
    reader: 'standalone',
    stop: () => postgres.stop(),
  };
}

async function openParts(
  config: StandaloneConfig,
  tools: ProcessTools,
  { databaseUrl, reader }: FoundPostgres,
): Promise<StandaloneParts> {
  const ledger = openedOrRefused(
    await openLedger(
      ledgerOptions({
        ...config,
        ...tools,
        name: 'standalone',
        databaseUrl,
        defaultPartitions: DEFAULT_PARTITIONS,
        ...(reader !== undefined && { reader }),
      }),
    ),
  );
  tools.readiness.addDependency('postgres', () => ledger.database.answers());
  const access = await openAccess(ledger.database, config, tools);
  const now = () => instantOfMillis(tools.nowMs());
  const brokerTime = (stampMs: number) => instantOfMillis(stampMs + config.clockOffsetMs);
  let wakeRelay = (): void => undefined;
  const common = { ...ledger, ...ledger.facts, ...tools, now, brokerTime };
  return {
    modules: [
      IngestModule.of({
        ...common,
        sources: access.sources,
        limits: config.ingest,
        lists: config.auth.lists,
        whenOutboxFills: (wake) => {
          wakeRelay = wake;
        },
      }),
      ProjectorModule.of({
        ...common,
        limits: config.projector,
        warnings: config.warnings,
        verification: config.verification,
        drainMs: config.drainMs,
      }),
      AuthModule.of({
        ...common,
        ...config.auth,
        ownWrites: () => ledger.log.acknowledged(),
        monotonicMs: () => performance.now(),
        onOutbox: () => wakeRelay(),
      }),
    ],
    gate: access.gate,
    close: async () => {
      await access.close();
      await ledger.close();
    },
  };
}
