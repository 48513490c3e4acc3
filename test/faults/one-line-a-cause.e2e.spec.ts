import { LedgerProcess, OwnPostgres, waitUntil } from '#libs/testing';
import { user } from './support/outage-ledger';

/** Shutting down, gone, starting: each is told once; each kind of failure has a name of its own. */
const MOST_CAUSES = 8;

describe('the log of a ledger whose Postgres is stopped', () => {
  let postgres: OwnPostgres;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: postgres.url } });
  });

  afterAll(async () => {
    await ledger.stop('SIGKILL');
    await postgres.remove();
  });

  it('tells each cause once, and then how often it came', async () => {
    expect(ledger.errors).toBe('');
    await postgres.stop();
    const lines = () => {
      const all = ledger.errors.split('\n').slice(0, -1);
      return all.map((line) => JSON.parse(line) as { times?: number; stack?: string });
    };
    const repeated = () => lines().reduce((sum, { times = 0 }) => sum + times, 0);
    await waitUntil('repetitions are told', async () => {
      expect((await ledger.http.record(user('alice'), '1.00')).status).toBe(503);
      return repeated() > MOST_CAUSES;
    });
    expect(lines().filter(({ times }) => times === undefined).length).toBeLessThan(MOST_CAUSES);
    expect(lines().filter(({ stack }) => stack !== undefined)).toEqual([]);
    await postgres.start();
    await ledger.ready();
  });
});
