import { openAccess } from '#libs/access';
import { redactSecrets } from '#libs/ledger';
import {
  DEFAULT_PARTITIONS,
  openedOrRefused,
  requireDatabaseUrl,
  runMain,
  runProcess,
} from '#libs/runtime';
import { ledgerOptions, openProjection } from '#libs/spend-log';
import { PROTO, readOpenApi, REQUEST_LIMITS } from '#libs/wire';
import { AuthModule } from './auth.module';
import { readConfig } from './config';

runMain(async () => {
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  await runProcess(config, {
    name: 'auth',
    redact: redactSecrets,
    openapi: readOpenApi(),
    grpc: PROTO,
    bodyBytes: REQUEST_LIMITS.batchBytes,
    open: async (tools) => {
      const settings = { ...config, ...tools, databaseUrl, defaultPartitions: DEFAULT_PARTITIONS };
      const ledger = openedOrRefused(
        await openProjection(ledgerOptions({ ...settings, name: 'auth' })),
      );
      const parts = { ...ledger, ...ledger.facts, ...tools, ...config.policy };
      tools.readiness.addDependency('postgres', () => ledger.database.takesWrites());
      const access = await openAccess(ledger.database, config, tools);
      const monotonicMs = () => performance.now();
      const module = AuthModule.of({
        ...parts,
        monotonicMs,
        ownWrites: () => new Map(),
        onOutbox: () => undefined,
      });
      const close = async () => {
        await access.close();
        await ledger.close();
      };
      return { modules: [module], gate: access.gate, close };
    },
  });
}, redactSecrets);
