import { sql } from 'kysely';
import {
  createTestDatabase,
  fillVaried,
  LedgerProcess,
  logEnvironment,
  ledgerCommand,
  workloadSeed,
  spoilRecord,
  type TestDatabase,
} from '#libs/testing';

const SEED = workloadSeed();

describe(`verify of a ledger with its log on Kafka (FC_SEED=${SEED})`, () => {
  const log = logEnvironment('Kafka');
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ledger = await LedgerProcess.start({ env: { ...log.env, DATABASE_URL: db.url } });
    await fillVaried(ledger.http, SEED);
  });

  afterAll(async () => {
    await ledger.stop('SIGKILL');
    await log.remove();
    await db.drop();
  });

  it('finds nothing where nothing is wrong, and an event that was deleted by its claim', async () => {
    expect(await verify()).toEqual({ code: 0, kinds: [] });
    const { rows } = await spoilRecord(db.database, (trx) =>
      sql<{ event_key: string }>`
      delete from spend_event where event_key = (
        select event_key from spend_event spend where amount > 0 and adjusts_key is null
          and not exists (select from spend_event where adjusts_key = spend.event_key) limit 1)
      returning event_key`.execute(trx),
    );
    const { code, kinds, keys } = await verify();
    expect(code).toBe(1);
    expect(kinds).toContain('missing_event');
    expect(kinds.filter((kind) => /^(wrong_spent|stray_balance)$/.test(kind))).not.toEqual([]);
    expect(keys).toEqual([rows[0]!.event_key]);
  });

  async function verify(): Promise<{ code: number | null; kinds: string[]; keys?: string[] }> {
    const env = { ...log.env, DATABASE_URL: db.url };
    const { status: code, stdout: out } = await ledgerCommand(env, 'verify', '--json');
    const { differences } = JSON.parse(out) as { differences: Record<string, string>[] };
    const keys = differences.flatMap(({ eventKey }) => eventKey ?? []);
    const kinds = [...new Set(differences.map(({ kind }) => kind!))];
    return { code, kinds, ...(keys.length > 0 && { keys }) };
  }
});
