import { readAuthPolicy, type AuthPolicy } from '../../auth/src/config';
import { readIngestLimits, type IngestConfig } from '../../ingest/src/config';
import {
  readProjectorLimits,
  readVerifySettings,
  readWarningSettings,
  type ProjectorConfig,
} from '../../projector/src/config';
import { redactSecrets } from '#libs/ledger';
import { EnvReader, readProcessConfig, type ProcessConfig } from '#libs/runtime';

export interface StandaloneConfig extends ProcessConfig {
  /** Where the embedded Postgres keeps its data; not used with DATABASE_URL. */
  readonly dataDir: string;
  readonly ingest: IngestConfig['limits'];
  readonly projector: ProjectorConfig['limits'];
  readonly warnings: ProjectorConfig['warnings'];
  readonly verification: ProjectorConfig['verification'];
  readonly auth: AuthPolicy;
  /** What usage is priced by; `undefined`: it has no price. */
  readonly pricesFile: string | undefined;
}

export function readConfig(env: NodeJS.ProcessEnv): StandaloneConfig {
  const reader = new EnvReader(env, redactSecrets);
  const config = {
    ...readProcessConfig(reader, { http: 8080, grpc: 9090 }),
    dataDir: reader.string('DATA_DIR', { default: '.spend-ledger', example: '.spend-ledger' }),
    ingest: readIngestLimits(reader),
    projector: readProjectorLimits(reader),
    warnings: readWarningSettings(reader),
    verification: readVerifySettings(reader),
    auth: readAuthPolicy(reader),
    pricesFile: reader.optional('PRICES_FILE'),
  };
  return { ...config, hints: reader.finish() };
}

/** The environment of the demo's own ledger: embedded, on free ports, silent unless something is wrong. */
export function demoEnvironment(dataDir: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: '',
    HOST: '127.0.0.1',
    TLS_CERT_FILE: '',
    TLS_KEY_FILE: '',
    TLS_CLIENT_CA_FILE: '',
    FIRST_TOKEN_FILE: '',
    GATEWAYS_FILE: '',
    PRICES_FILE: '',
    LABELS: '',
    DATA_DIR: dataDir,
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    LOG_LEVEL: 'error',
  };
}
