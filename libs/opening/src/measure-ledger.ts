import { readSchemaVersion, type Database } from '#libs/postgres';
import { Scraped, type Metrics } from '#libs/runtime';
import { readLedgerVersion } from './ledger-version';

/** What every process says of itself: which build it is, on which tables, and what it has of Postgres. */
export function measureLedger(
  metrics: Metrics,
  { database, logId }: { readonly database: Database; readonly logId: string | null },
  process: string,
): void {
  metrics
    .gauge('ledger_build_info', 'Which build this is; always 1', [
      'version',
      'process',
      'log',
      'node',
    ])
    .set(
      {
        version: readLedgerVersion(),
        process,
        log: logId === null ? 'postgres' : 'kafka',
        node: globalThis.process.versions.node,
      },
      1,
    );
  const schema = new Scraped(() => readSchemaVersion(database.forReads()));
  metrics.gauge(
    'ledger_schema_version',
    'The number of the newest migration that the tables have',
    [],
    async (gauge) => {
      const version = await schema.read();
      if (version === undefined) gauge.remove();
      else gauge.set(version);
    },
  );
  metrics.gauge(
    'database_connections',
    'Connections of this process to Postgres, by state',
    ['state'],
    (gauge) => {
      const { idle, used } = database.connections;
      gauge.set({ state: 'idle' }, idle);
      gauge.set({ state: 'used' }, used);
    },
  );
  metrics.gauge(
    'database_connections_limit',
    'Most connections that this process opens to Postgres',
    [],
    (gauge) => gauge.set(database.connections.limit),
  );
  metrics.gauge(
    'database_connections_waiting',
    'What waits for a connection of this process to be free',
    [],
    (gauge) => gauge.set(database.connections.waiting),
  );
}
