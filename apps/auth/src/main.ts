import { randomUUID } from 'node:crypto';
import { redactSecrets } from '#libs/ledger';
import { DEFAULT_PARTITIONS, runMain, runProcess, StartRefused } from '#libs/runtime';
import { ledgerOptions, openLedger } from '#libs/spend-log';
import { PROTO, readOpenApi, REQUEST_LIMITS } from '#libs/wire';
import { readConfig } from './config';
import { AuthModule } from './auth.module';

runMain(async () => {
  const config = readConfig(process.env);
  const { databaseUrl } = config;
  if (databaseUrl === undefined) {
    throw new StartRefused(
      'DATABASE_URL must be set: only `npm start` brings a Postgres of its own, for example DATABASE_URL=postgres://user:password@localhost:5432/ledger.',
    );
  }
  await runProcess(config, {
    name: 'auth',
    redact: redactSecrets,
    openapi: readOpenApi(),
    grpc: PROTO,
    bodyBytes: REQUEST_LIMITS.batchBytes,
    open: async ({ logger, readiness }) => {
      const opened = await openLedger(
        ledgerOptions({
          ...config,
          databaseUrl,
          applicationName: 'spend-ledger-auth',
          defaultPartitions: DEFAULT_PARTITIONS,
          reader: `auth-${randomUUID()}`,
          onError: (error, doing) => logger.error(error, doing),
        }),
      );
      if (!opened.ok) throw new StartRefused(opened.sentence);
      const { ledger } = opened;
      readiness.add('postgres', async () => ({ ready: await ledger.database.answers() }));
      const module = AuthModule.of({
        ...ledger,
        ...ledger.facts,
        ...config.policy,
        ownWrites: () => new Map(),
        readiness,
      });
      return { modules: [module], close: () => ledger.close() };
    },
  });
});
