/** @needs prometheus */
import { BusyLedger } from './support/busy-ledger';
import { promtool } from './support/promtool';

describe('the metrics of a ledger that has done one of everything', () => {
  let busy: BusyLedger;
  let scraped: string;

  beforeAll(async () => {
    busy = await BusyLedger.start();
    scraped = await busy.scrape();
  });
  afterAll(() => busy?.stop());

  const value = (series: string): number => {
    const line = scraped.split('\n').find((each) => each.startsWith(`${series} `));
    if (line === undefined) throw new Error(`no ${series}`);
    return Number(line.slice(series.length));
  };

  it('are named as Prometheus asks: promtool has nothing to say', async () => {
    expect(await promtool(['check', 'metrics'], scraped)).toEqual({ code: 0, output: '' });
    const bad = await promtool(['check', 'metrics'], '# TYPE a_total gauge\na_total 1\n');
    expect(bad.output).not.toBe('');
  });

  it('have what each gRPC method took, by status in words', () => {
    const check = 'grpc_service="spendledger.v1.BudgetService",grpc_method="Check"';
    const of = (code: string) => `{${check},grpc_code="${code}"}`;
    expect(value(`grpc_server_handling_seconds_count${of('OK')}`)).toBe(1);
    expect(value(`grpc_server_handling_seconds_count${of('INVALID_ARGUMENT')}`)).toBe(1);
    expect(value(`grpc_server_handling_seconds_sum${of('OK')}`)).toBeGreaterThan(0);
    const buckets = [...scraped.matchAll(/^grpc_server_handling_seconds_bucket\{(.*)\} (\d+)$/gm)]
      .filter(([, labels]) => labels!.includes(`${check},grpc_code="OK"`))
      .map(([, , count]) => Number(count));
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    expect(buckets.at(-1)).toBe(1);
  });

  it('have checks by outcome, and how old their numbers are', () => {
    expect(value('auth_checks_total{outcome="allowed"}')).toBe(2);
    expect(value('auth_checks_total{outcome="refused"}')).toBe(1);
    expect(value('auth_checks_total{outcome="failed"}')).toBe(0);
    expect(value('auth_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(value('auth_max_lag_seconds')).toBeGreaterThan(0);
    expect(scraped).toMatch(/^projector_lag_seconds\{partition="\d+"\} \d/m);
  });

  it('have each queue beside its limit', () => {
    for (const queue of ['auth_checks', 'auth_holds', 'auth_decisions', 'auth_list_reads']) {
      expect(value(`${queue}_queued`)).toBe(0);
      expect(value(`${queue}_queue_limit`)).toBeGreaterThan(0);
    }
    expect(value('ingest_records_queued')).toBe(0);
    expect(value('ingest_records_queue_limit')).toBeGreaterThan(0);
    expect(value('outbox_pending')).toBe(0);
    expect(value('outbox_oldest_seconds')).toBe(0);
    expect(value('auth_hold_flush_seconds_count')).toBeGreaterThanOrEqual(3);
  });

  it('have the use of the pools, all of them together', () => {
    const [idle, used] = ['idle', 'used'].map((state) =>
      value(`database_connections{state="${state}"}`),
    );
    const limit = value('database_connections_limit');
    expect(idle! + used!).toBeGreaterThan(1);
    expect(idle! + used!).toBeLessThanOrEqual(limit);
    expect(value('database_connections_waiting')).toBeGreaterThanOrEqual(0);
    // DATABASE_CONNECTIONS is one of several pools.
    expect(limit).toBeGreaterThan(16);
  });

  it('have who runs what, on which tables', () => {
    expect(scraped).toMatch(
      /^ledger_build_info\{version="\d+\.\d+\.\d+",process="standalone",log="postgres",node="\d[^"]+"\} 1$/m,
    );
    expect(value('ledger_schema_version')).toBeGreaterThanOrEqual(21);
  });

  it('have the budgets that were named, and no limit where there is none', () => {
    const alice = '{budget_id="alice",account="user:alice"}';
    expect(value(`ledger_budget_spent${alice}`)).toBe(3.5);
    expect(value(`ledger_budget_held${alice}`)).toBe(0.25);
    expect(value(`ledger_budget_limit${alice}`)).toBe(10);
    expect(value('ledger_budget_spent{budget_id="open",account="user:bob"}')).toBe(0);
    expect(scraped).not.toMatch(/^ledger_budget_limit\{budget_id="open"/m);
    expect(scraped).not.toMatch(/^(?!.*_bucket\{).*(Inf|NaN)/m);
  });

  it('have how the record is', () => {
    expect(value('ledger_quarantined_records')).toBe(0);
    // Nothing archives this WAL, which is not the same as an old archive.
    expect(scraped).not.toMatch(/^ledger_wal_archive_/m);
  });

  it('have the name of before beside each name that is new', () => {
    expect(value('projector_rebalances_total')).toBe(value('projector_rebalances'));
    expect(value('projector_verify_last_success_timestamp_seconds')).toBe(
      value('projector_verify_last_success_seconds'),
    );
    expect(scraped).toMatch(/^auth_held_amount\{currency="USD"\} 0.25$/m);
  });
});
