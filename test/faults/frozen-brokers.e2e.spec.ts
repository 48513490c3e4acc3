import { createTestDatabase, KafkaCluster, LedgerProcess, type TestDatabase } from '#libs/testing';
import { user } from './support/outage-ledger';

describe('brokers that hear everything and acknowledge nothing', () => {
  let cluster: KafkaCluster;
  let db: TestDatabase;
  let ledger: LedgerProcess;
  const record = (id: string) => ledger.http.record(user('alice'), '1.00', { id });

  beforeAll(async () => {
    [cluster, db] = await Promise.all([
      KafkaCluster.start(),
      createTestDatabase({ ledger: false }),
    ]);
    const env = {
      DATABASE_URL: db.url,
      KAFKA_BROKERS: cluster.addresses.join(','),
      RECORD_TIMEOUT: 'PT1S',
    };
    ledger = await LedgerProcess.start({ env });
    expect((await record('before')).status).toBe(201);
  });

  afterAll(async () => {
    cluster.resume(1);
    await ledger.stop('SIGKILL');
    await db.drop();
    await cluster.remove();
  });

  it('an append is answered within RECORD_TIMEOUT, and counted once when it is sent again', async () => {
    cluster.pause(1);
    const answer = await record('meanwhile');
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await record('at once')).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    // The limit of the appends, too, not only of who waits for them.
    expect(ledger.errors).toMatch(/the log (?:did not answer within|has not answered for) 1000 ms/);
    expect((await ledger.http.get('/readyz')).status).toBe(503);
    cluster.resume(1);
    await ledger.ready();
    const again = [await record('meanwhile'), await record('meanwhile'), await record('at once')];
    for (const each of again) expect([200, 201]).toContain(each.status);
    const balance = await ledger.http.balance('user:alice', again[2]!.body.position);
    expect(balance.body.spentAllTime).toBe('3.00');
  });
});
