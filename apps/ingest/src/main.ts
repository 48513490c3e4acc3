import { instantOfMillis, redactSecrets } from '#libs/ledger';
import { ledgerProcess, openLedger, openProcess } from '#libs/opening';
import { requireDatabaseUrl, runMain, runProcess } from '#libs/runtime';
import { readConfig } from './config';
import { claimRestoration } from './claim-restoration';
import { IngestModule } from './ingest.module';
import { openIngestPrices } from './record-prices';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  const { limits, lists } = config;
  await runProcess(config, {
    ...ledgerProcess('ingest'),
    open: async (tools) => {
      const { ledger, access, ...opened } = await openProcess(config, tools, {
        name: 'ingest',
        databaseUrl,
        open: openLedger,
        recordWaitMs: limits.recordWaitMs,
      });
      const common = { ...ledger, ...ledger.facts, ...tools };
      const claims = claimRestoration(common);
      const prices = await openIngestPrices(config.pricesFile, tools, {
        ...common,
        claims,
      }).catch(async (error: unknown) => {
        await opened.close();
        throw error;
      });
      const module = IngestModule.of({
        ...common,
        claims,
        prices,
        sources: access.sources,
        now: () => instantOfMillis(tools.nowMs()),
        brokerTime: (stampMs) => instantOfMillis(stampMs + config.clockOffsetMs),
        limits,
        lists,
        labels: config.labels,
      });
      const close = async () => {
        await prices.close();
        await opened.close();
      };
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
