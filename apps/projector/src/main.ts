import { openAccess } from '#libs/access';
import { redactSecrets } from '#libs/ledger';
import {
  DEFAULT_PARTITIONS,
  openedOrRefused,
  requireDatabaseUrl,
  runMain,
  runProcess,
} from '#libs/runtime';
import { ledgerOptions, openLedger } from '#libs/spend-log';
import { readOpenApi, REQUEST_LIMITS } from '#libs/wire';
import { readConfig } from './config';
import { ProjectorModule } from './projector.module';
import { refuseToRestore } from './refuse-to-restore';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  await runProcess(config, {
    name: 'projector',
    redact: redactSecrets,
    openapi: readOpenApi(),
    grpc: undefined,
    bodyBytes: REQUEST_LIMITS.batchBytes,
    open: async (tools) => {
      const settings = { ...config, ...tools, databaseUrl, defaultPartitions: DEFAULT_PARTITIONS };
      const ledger = openedOrRefused(
        await openLedger(ledgerOptions({ ...settings, name: 'projector' })),
      );
      await refuseToRestore(ledger);
      tools.readiness.addDependency('postgres', () => ledger.database.takesWrites());
      const access = await openAccess(ledger.database, config, tools);
      const module = ProjectorModule.of({
        ...ledger,
        ...ledger.facts,
        ...tools,
        limits: config.limits,
        warnings: config.warnings,
        verification: config.verification,
        drainMs: config.drainMs,
      });
      const close = async () => {
        await access.close();
        await ledger.close();
      };
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
