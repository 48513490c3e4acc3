import { redactSecrets } from '#libs/ledger';
import { ledgerProcess, openProcess, openProjection } from '#libs/opening';
import { requireDatabaseUrl, runMain, runProcess } from '#libs/runtime';
import { AuthModule } from './auth.module';
import { readConfig } from './config';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  await runProcess(config, {
    ...ledgerProcess('auth'),
    open: async (tools) => {
      const wanted = { name: 'auth', databaseUrl, open: openProjection };
      const { ledger, access, close } = await openProcess(config, tools, wanted);
      const module = AuthModule.of({
        ...ledger,
        ...ledger.facts,
        ...tools,
        ...config.policy,
        monotonicMs: () => performance.now(),
        ownWrites: () => new Map(),
        onOutbox: () => undefined,
      });
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
