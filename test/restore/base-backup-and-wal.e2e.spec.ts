import {
  balancesOf,
  LedgerProcess,
  OwnPostgres,
  PostgresArchive,
  randomSpends,
  recordUntilAcknowledged,
  workloadSeed,
  type Answer,
} from '#libs/testing';
import { expectVerified } from './support/expect-restored';
import { readBalances } from './support/life-of-a-ledger';

const SEED = workloadSeed();
const SPENDS = randomSpends(240, SEED);

describe(`a ledger in Postgres alone, restored from a base backup and its WAL (FC_SEED=${SEED})`, () => {
  let postgres: OwnPostgres;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
  });
  afterAll(async () => {
    await ledger?.stop('SIGKILL');
    await postgres.remove();
  });

  it('has everything that was acknowledged and archived, and agrees with itself', async () => {
    const env = { DATABASE_URL: postgres.url };
    const archive = await PostgresArchive.of(postgres);
    ledger = await LedgerProcess.start({ env });
    const acknowledged: Answer[] = [];
    let backup: Promise<string> | undefined;
    for (const [n, spend] of SPENDS.entries()) {
      if (n === 80) backup = archive.takeBase();
      acknowledged.push(await recordUntilAcknowledged(spend, () => ledger.http));
    }
    const base = await backup!;
    await archive.flush();
    await Promise.all([ledger.stop('SIGKILL'), postgres.kill()]);

    await archive.restore(base);
    ledger = await LedgerProcess.start({ env });
    for (const [n, { data, ...event }] of SPENDS.entries()) {
      const again = await ledger.http.record(data.scope, data.amount, event);
      const { recordedAt } = acknowledged[n]!.body as { recordedAt: string };
      expect(again).toMatchObject({ status: 200, body: { duplicate: true, recordedAt } });
      expect((await ledger.http.record(data.scope, '1234.5', event)).status).toBe(409);
    }
    expect(await readBalances(ledger.http, Object.keys(balancesOf(SPENDS)))).toEqual(
      balancesOf(SPENDS),
    );
    await expectVerified(env);
  });
});
