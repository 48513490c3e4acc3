import { openAccess, type OpenAccess } from '#libs/access';
import { redactSecrets } from '#libs/ledger';
import {
  DEFAULT_PARTITIONS,
  openedOrRefused,
  type ProcessConfig,
  type ProcessOptions,
  type ProcessTools,
} from '#libs/runtime';
import { PROTO, readOpenApi, REQUEST_LIMITS } from '#libs/wire';
import { ledgerOptions, type LedgerSettings } from './ledger-settings';
import { measureLedger } from './measure-ledger';
import type { LedgerOptions, Opened, OpenProjection } from './open-ledger';

/** What every process of the ledger says of itself. */
export function ledgerProcess(
  name: string,
  { hasGrpc } = { hasGrpc: true },
): Omit<ProcessOptions, 'open'> {
  return {
    name,
    redact: redactSecrets,
    openapi: readOpenApi(),
    grpc: hasGrpc ? PROTO : undefined,
    bodyBytes: REQUEST_LIMITS.batchBytes,
  };
}

/** Which ledger a process opens, and how much of it: `openLedger` or `openProjection`. */
export interface Wanted<Ledger> extends Pick<
  LedgerSettings,
  'name' | 'databaseUrl' | 'reader' | 'recordWaitMs'
> {
  readonly open: (options: LedgerOptions) => Promise<Opened<Ledger>>;
}

export interface OpenProcess<Ledger> {
  readonly ledger: Ledger;
  readonly access: OpenAccess;
  close(): Promise<void>;
}

/**
 * Opens what a process works on: its ledger, and who may use it. From then on readiness knows the database.
 * @throws StartRefused
 */
export async function openProcess<Ledger extends OpenProjection>(
  config: ProcessConfig,
  tools: ProcessTools,
  { open, ...wanted }: Wanted<Ledger>,
): Promise<OpenProcess<Ledger>> {
  const settings = { ...config, ...tools, ...wanted, defaultPartitions: DEFAULT_PARTITIONS };
  const ledger = openedOrRefused(await open(ledgerOptions(settings)));
  measureLedger(
    tools.metrics,
    { database: ledger.database, logId: ledger.facts.logId },
    wanted.name,
  );
  tools.readiness.addDependency('postgres', () => ledger.database.takesWrites());
  const access = await openAccess(ledger.database, config, tools).catch(async (error: unknown) => {
    await ledger.close();
    throw error;
  });
  const close = async () => {
    await access.close();
    await ledger.close();
  };
  return { ledger, access, close };
}
