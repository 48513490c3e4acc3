import { sql } from 'kysely';
import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';

describe('verifying on a schedule', () => {
  let db: TestDatabase;
  const ledgers: LedgerProcess[] = [];

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, VERIFY_EVERY: 'PT0.5S' };
    ledgers.push(await LedgerProcess.start({ env }), await LedgerProcess.start({ env }));
  });

  afterAll(async () => {
    for (const ledger of ledgers) await ledger.stop('SIGKILL');
    await db.drop();
  });

  it('is done by one of several projectors, and by another one when that has gone', async () => {
    await waitUntil('one verifies', async () => (await verifying()).length === 1);
    const [chosen] = await verifying();
    const { body } = await chosen!.http.record({ type: 'user', userId: 'alice' }, '1.00');
    await chosen!.http.balance('user:alice', body.position);
    await sql`update user_balance set spent = 2 where user_id = 'alice'`.execute(
      db.database.kysely,
    );
    await waitUntil('it is found', async () => (await differencesOf(chosen!)) === '1');
    expect(chosen!.output).toMatch(
      /a difference: wrong spent: partition \d+, account user:alice; stored 2, expected 1/,
    );
    expect(await verifying()).toEqual([chosen]);

    await chosen!.stop('SIGKILL');
    const other = ledgers.find((each) => each !== chosen)!;
    await waitUntil('the other one verifies', async () => (await differencesOf(other)) === '1');
    await sql`update user_balance set spent = 1 where user_id = 'alice'`.execute(
      db.database.kysely,
    );
    await waitUntil('it is right again', async () => (await differencesOf(other)) === '0');
    expect(await metricOf(other, 'projector_verify_last_success_seconds')).toMatch(/^\d{10}$/);
  });

  async function verifying(): Promise<LedgerProcess[]> {
    const differences = await Promise.all(ledgers.map(differencesOf));
    return ledgers.filter((_, at) => /^\d+$/.test(differences[at]!));
  }
});

function differencesOf(ledger: LedgerProcess): Promise<string> {
  return metricOf(ledger, 'projector_verify_differences');
}

async function metricOf({ httpUrl }: LedgerProcess, name: string): Promise<string> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  return new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? '';
}
