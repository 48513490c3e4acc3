import { redactSecrets } from '#libs/ledger';
import { ledgerProcess, openLedger, openProcess } from '#libs/opening';
import { requireDatabaseUrl, runMain, runProcess } from '#libs/runtime';
import { readConfig } from './config';
import { ProjectorModule } from './projector.module';
import { refuseToRestore } from './refuse-to-restore';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  const { limits, warnings, verification, drainMs } = config;
  await runProcess(config, {
    ...ledgerProcess('projector', { hasGrpc: false }),
    open: async (tools) => {
      const wanted = { name: 'projector', databaseUrl, open: openLedger };
      const { ledger, access, close } = await openProcess(config, tools, wanted);
      await refuseToRestore(ledger);
      const module = ProjectorModule.of({
        ...ledger,
        ...ledger.facts,
        ...tools,
        limits,
        warnings,
        verification,
        drainMs,
      });
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
