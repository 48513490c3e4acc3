import { instantOfMillis, redactSecrets } from '#libs/ledger';
import { ledgerProcess, openLedger, openProcess } from '#libs/opening';
import { requireDatabaseUrl, runMain, runProcess } from '#libs/runtime';
import { readConfig } from './config';
import { IngestModule } from './ingest.module';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  const { limits, lists } = config;
  await runProcess(config, {
    ...ledgerProcess('ingest'),
    open: async (tools) => {
      const { ledger, access, close } = await openProcess(config, tools, {
        name: 'ingest',
        databaseUrl,
        open: openLedger,
        recordWaitMs: limits.recordWaitMs,
      });
      const module = IngestModule.of({
        ...ledger,
        ...ledger.facts,
        ...tools,
        sources: access.sources,
        now: () => instantOfMillis(tools.nowMs()),
        brokerTime: (stampMs) => instantOfMillis(stampMs + config.clockOffsetMs),
        limits,
        lists,
      });
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
