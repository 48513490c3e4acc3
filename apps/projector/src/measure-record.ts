import type { Prepared, PreparedStatement } from '#libs/postgres';
import { Scraped, type Metrics } from '#libs/runtime';
import type { ProjectorParts } from './projector-parts';

/** Most records that a scrape counts. */
const MOST = 100_000;

const RECORD: PreparedStatement = {
  name: 'measure-record',
  text: `
    select (select count(*) from (select from quarantine limit $1) as counted)::int,
      case when current_setting('archive_mode') <> 'off'
        then extract(epoch from clock_timestamp() - last_archived_time)::float8 end,
      case when current_setting('archive_mode') <> 'off'
        then (coalesce(last_failed_time > last_archived_time, last_failed_time is not null))::int end
    from pg_stat_archiver`,
};

interface Measured {
  readonly quarantined: number;
  /** `null`: nothing was archived yet, or nothing is to be. */
  readonly archiveAgeSeconds: number | null;
  readonly archiveFails: number | null;
}

/** How the record of the whole ledger is: what could not be read of it, and how its WAL is archived. */
export function measureRecord({ metrics, database }: ProjectorParts): void {
  const record = new Scraped(() => read(database.forReads()));
  const gauge = (...[name, help, of]: [string, string, (measured: Measured) => number | null]) =>
    register(metrics, record, { name, help, of });
  gauge(
    'ledger_quarantined_records',
    'Records of the whole ledger that no projector could read and that were set aside, up to 100,000',
    ({ quarantined }) => quarantined,
  );
  gauge(
    'ledger_wal_archive_age_seconds',
    'How long ago Postgres last archived a segment of its WAL; absent without archive_mode, or before the first',
    ({ archiveAgeSeconds }) => archiveAgeSeconds,
  );
  gauge(
    'ledger_wal_archive_fails',
    '1: the last attempt of Postgres to archive its WAL failed; absent without archive_mode',
    ({ archiveFails }) => archiveFails,
  );
}

async function read(reads: Prepared): Promise<Measured> {
  const [row] = await reads.prepared<readonly [number, number | null, number | null]>(RECORD, [
    MOST,
  ]);
  const [quarantined, archiveAgeSeconds, archiveFails] = row!;
  return { quarantined, archiveAgeSeconds, archiveFails };
}

function register(
  metrics: Metrics,
  record: Scraped<Measured>,
  { name, help, of }: { name: string; help: string; of: (measured: Measured) => number | null },
): void {
  metrics.gauge(name, help, [], async (gauge) => {
    const measured = await record.read();
    const value = measured === undefined ? null : of(measured);
    if (value === null) gauge.remove();
    else gauge.set(value);
  });
}
