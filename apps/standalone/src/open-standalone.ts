import { resolve } from 'node:path';
import { AuthModule } from '../../auth/src/auth.module';
import { claimRestoration } from '../../ingest/src/claim-restoration';
import { IngestModule } from '../../ingest/src/ingest.module';
import { openIngestPrices } from '../../ingest/src/record-prices';
import { ProjectorModule } from '../../projector/src/projector.module';
import type { OpenAccess } from '#libs/access';
import { instantOfMillis } from '#libs/ledger';
import { startEmbeddedPostgres, whyUnusable } from '#libs/postgres';
import { openGateways, openLedger, openProcess } from '#libs/opening';
import { StartRefused, type ProcessParts, type ProcessTools } from '#libs/runtime';
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
    onGone: (sentence) => endWithout(sentence, logger),
  }).catch((error: unknown) => {
    throw new StartRefused(
      `DATA_DIR is "${dataDir}", but the embedded Postgres cannot start there (${whyUnusable(error)}): choose another folder, for example DATA_DIR=.spend-ledger.`,
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

/** Nothing can be answered or finished any more: the supervisor of the process starts it again. */
function endWithout(sentence: string, logger: ProcessTools['logger']): void {
  logger.fatal(sentence);
  process.exit(WITHOUT_POSTGRES);
}

/** The exit code of a process whose own Postgres does not run any more: sysexits' EX_UNAVAILABLE. */
const WITHOUT_POSTGRES = 69;

async function openParts(
  config: StandaloneConfig,
  tools: ProcessTools,
  { databaseUrl, reader }: FoundPostgres,
): Promise<StandaloneParts> {
  const gateways = await openGateways(config.auth.gateways.path, tools, config.auth.labels);
  const { ledger, access, ...opened } = await openProcess(config, tools, {
    name: 'standalone',
    databaseUrl,
    open: openLedger,
    recordWaitMs: config.ingest.recordWaitMs,
    ...(reader !== undefined && { reader }),
  });
  const now = () => instantOfMillis(tools.nowMs());
  const brokerTime = (stampMs: number) => instantOfMillis(stampMs + config.clockOffsetMs);
  let wakeRelay = (): void => undefined;
  const parts = { ...ledger, ...ledger.facts, ...tools, now, brokerTime };
  const claims = claimRestoration(parts);
  const prices = await openIngestPrices(config.pricesFile, tools, {
    ...parts,
    claims,
  }).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const common = { ...parts, claims, prices };
  const close = async () => {
    await gateways.close();
    await prices.close();
    await opened.close();
  };
  return {
    modules: [
      IngestModule.of({
        ...common,
        sources: access.sources,
        limits: config.ingest,
        lists: config.auth.lists,
        labels: config.auth.labels,
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
        gateways: { ...config.auth.gateways, file: gateways },
        ownWrites: () => ledger.log.acknowledged(),
        monotonicMs: () => performance.now(),
        onOutbox: () => wakeRelay(),
      }),
    ],
    gate: access.gate,
    close,
  };
}
