import { readOutboxBacklog, type Database } from '#libs/postgres';
import { Scraped, type Metrics } from '#libs/runtime';

/** Most records that a scrape counts. */
const MOST = 100_000;

/** What lies in the outbox of the whole ledger: every ingest says the same. */
export function measureOutbox(metrics: Metrics, database: Pick<Database, 'forReads'>): void {
  const backlog = new Scraped(() => readOutboxBacklog(database.forReads(), MOST));
  const gauge = (name: string, help: string, of: 'pending' | 'oldestSeconds') =>
    metrics.gauge(name, help, [], async (gauge) => {
      const read = await backlog.read();
      if (read) gauge.set(read[of]);
      else gauge.remove();
    });
  gauge(
    'outbox_pending',
    'Records of the whole ledger that are claimed and wait for the log, up to 100,000',
    'pending',
  );
  gauge(
    'outbox_oldest_seconds',
    'How long the first of them has waited; 0 when there is none',
    'oldestSeconds',
  );
}
