import { EnvReader, readProcessConfig, type ProcessConfig } from '#libs/runtime';

export interface CliConfig extends ProcessConfig {
  /** Where the embedded Postgres keeps its data; not used with DATABASE_URL. */
  readonly dataDir: string;
  /** How long one statement may take: an auditor's reads every event. */
  readonly statementMs: number;
}

export function readConfig(env: NodeJS.ProcessEnv): CliConfig {
  const reader = new EnvReader(env);
  const config = {
    ...readProcessConfig(reader, { http: 0, grpc: 0 }),
    dataDir: reader.string('DATA_DIR', { default: '.spend-ledger', example: '.spend-ledger' }),
    statementMs: reader.duration('STATEMENT_TIMEOUT', { default: 'PT1H', minMs: 1000 }),
  };
  reader.finish();
  return config;
}
