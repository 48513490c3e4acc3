import type { Database } from '#libs/postgres';
import { isLoopback, StartRefused, type ProcessConfig, type ProcessTools } from '#libs/runtime';
import { AccessGate, type AccessMode } from './access-gate';
import { keepFirstToken } from './first-token';
import { KnownCredentials } from './known-credentials';
import { SourceGate } from './source-gate';

type AccessSettings = Pick<ProcessConfig, 'access' | 'host' | 'databaseUrl'>;

/** Who may use a process: over its doors, and on the topic that producers report on. */
export interface OpenAccess {
  readonly gate: AccessGate;
  readonly sources: SourceGate;
  close(): Promise<void>;
}

const MODES: Readonly<Record<AccessMode, string>> = {
  closed: 'nobody without a credential',
  open: 'INSECURE_NO_AUTH: everybody may do everything',
  until_first: 'everybody on this machine, until the first token is created',
};

/** @throws StartRefused where the first token cannot be had */
export async function openAccess(
  database: Database,
  config: AccessSettings,
  { logger, metrics, readiness, nowMs, onError }: ProcessTools,
): Promise<OpenAccess> {
  const { refreshMs, refreshTimeoutMs, maxWaiting, firstTokenFile } = config.access;
  const mode = modeOf(config);
  if (firstTokenFile !== undefined) {
    const sentence = await keepFirstToken(database, firstTokenFile);
    if (sentence !== undefined) throw new StartRefused(sentence);
  }
  // A connection of its own: a revoke must take effect though the process is busy.
  const accessPool = database.pipelinedPool({ maxConnections: 1, statementMs: refreshTimeoutMs });
  const credentials = await KnownCredentials.open(accessPool, {
    refreshMs,
    nowMs,
    onError: (error) => onError(error, 'reading who may do what'),
  });
  const gate = new AccessGate(credentials, { mode, maxWaiting, metrics });
  if (mode === 'open') {
    logger.warn('INSECURE_NO_AUTH is set: everybody who reaches this process may do everything.');
  }
  readiness.add('access', () => {
    const now = mode === 'until_first' && credentials.isInUse ? 'closed' : mode;
    return Promise.resolve({ ready: true, detail: MODES[now] });
  });
  const close = async () => {
    await credentials.stop();
    await accessPool.close();
  };
  return { gate, sources: new SourceGate(credentials, gate), close };
}

/** Closed, unless somebody says otherwise or a newcomer tries it out on his own machine. */
function modeOf({ access, host, databaseUrl }: AccessSettings): AccessMode {
  if (access.isOpen) return 'open';
  return databaseUrl === undefined && isLoopback(host) ? 'until_first' : 'closed';
}
