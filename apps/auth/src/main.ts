import { redactSecrets } from '#libs/ledger';
import {
  ledgerProcess,
  openGateways,
  openPricesOnRecord,
  openProcess,
  openProjection,
} from '#libs/opening';
import { requireDatabaseUrl, runMain, runProcess } from '#libs/runtime';
import { AuthModule } from './auth.module';
import { readConfig } from './config';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  await runProcess(config, {
    ...ledgerProcess('auth'),
    open: async (tools) => {
      const gateways = await openGateways(config.policy.gateways.path, tools, config.policy.labels);
      const wanted = { name: 'auth', databaseUrl, open: openProjection };
      const { ledger, access, ...opened } = await openProcess(config, tools, wanted);
      const prices = await openPricesOnRecord(config.pricesFile, tools, {
        currency: ledger.facts.currency,
        database: ledger.database,
      }).catch(async (error: unknown) => {
        await opened.close();
        throw error;
      });
      const module = AuthModule.of({
        ...ledger,
        ...ledger.facts,
        ...tools,
        ...config.policy,
        gateways: { ...config.policy.gateways, file: gateways },
        prices,
        monotonicMs: () => performance.now(),
        ownWrites: () => new Map(),
        onOutbox: () => undefined,
      });
      const close = async () => {
        await gateways.close();
        await prices.close();
        await opened.close();
      };
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
