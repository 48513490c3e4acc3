import { randomUUID } from 'node:crypto';
import { redactSecrets } from '#libs/ledger';
import { DEFAULT_PARTITIONS, runMain, runProcess, StartRefused } from '#libs/runtime';
import { ledgerOptions, openLedger } from '#libs/spend-log';
import { readOpenApi, REQUEST_LIMITS } from '#libs/wire';
import { readConfig } from './config';
import { ProjectorModule } from './projector.module';

runMain(async () => {
  const config = readConfig(process.env);
  const { databaseUrl } = config;
  if (databaseUrl === undefined) {
    throw new StartRefused(
      'DATABASE_URL must be set: only `npm start` brings a Postgres of its own, for example DATABASE_URL=postgres://user:password@localhost:5432/ledger.',
    );
  }
  await runProcess(config, {
    name: 'projector',
    redact: redactSecrets,
    openapi: readOpenApi(),
    grpc: undefined,
    bodyBytes: REQUEST_LIMITS.batchBytes,
    open: async (tools) => {
      const opened = await openLedger(
        ledgerOptions({
          ...config,
          databaseUrl,
          applicationName: 'spend-ledger-projector',
          defaultPartitions: DEFAULT_PARTITIONS,
          reader: `projector-${randomUUID()}`,
          onError: (error, doing) => tools.logger.error(error, doing),
        }),
      );
      if (!opened.ok) throw new StartRefused(opened.sentence);
      const { ledger } = opened;
      tools.readiness.add('postgres', async () => ({ ready: await ledger.database.answers() }));
      const module = ProjectorModule.of({
        ...ledger,
        ...ledger.facts,
        ...tools,
        limits: config.limits,
      });
      return { modules: [module], close: () => ledger.close() };
    },
  });
});
