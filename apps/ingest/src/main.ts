import { openAccess } from '#libs/access';
import { instantOfMillis, redactSecrets } from '#libs/ledger';
import {
  DEFAULT_PARTITIONS,
  openedOrRefused,
  requireDatabaseUrl,
  runMain,
  runProcess,
} from '#libs/runtime';
import { ledgerOptions, openLedger } from '#libs/spend-log';
import { PROTO, readOpenApi, REQUEST_LIMITS } from '#libs/wire';
import { readConfig } from './config';
import { IngestModule } from './ingest.module';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  await runProcess(config, {
    name: 'ingest',
    redact: redactSecrets,
    openapi: readOpenApi(),
    grpc: PROTO,
    bodyBytes: REQUEST_LIMITS.batchBytes,
    open: async (tools) => {
      const settings = { ...config, ...tools, databaseUrl, defaultPartitions: DEFAULT_PARTITIONS };
      const ledger = openedOrRefused(
        await openLedger(
          ledgerOptions({
            ...settings,
            recordWaitMs: config.limits.recordWaitMs,
            name: 'ingest',
          }),
        ),
      );
      tools.readiness.addDependency('postgres', () => ledger.database.takesWrites());
      const access = await openAccess(ledger.database, config, tools);
      const module = IngestModule.of({
        ...ledger,
        ...ledger.facts,
        ...tools,
        sources: access.sources,
        now: () => instantOfMillis(tools.nowMs()),
        brokerTime: (stampMs) => instantOfMillis(stampMs + config.clockOffsetMs),
        limits: config.limits,
        lists: config.lists,
      });
      const close = async () => {
        await access.close();
        await ledger.close();
      };
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
