import { createTestDatabase, KafkaCluster, LedgerProcess, type TestDatabase } from '#libs/testing';

describe('the first start on brokers on which there was nothing yet', () => {
  let cluster: KafkaCluster;
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    [cluster, db] = await Promise.all([
      KafkaCluster.start(),
      createTestDatabase({ ledger: false }),
    ]);
  });

  afterAll(async () => {
    await ledger.stop('SIGKILL');
    await db.drop();
    await cluster.remove();
  });

  it('tells no error: groups have to be made, and who asks too early asks again', async () => {
    // Brokers that begin take the machine's time: Postgres may answer late then, which is an error of its own.
    const env = {
      DATABASE_URL: db.url,
      DATABASE_TIMEOUT: 'PT60S',
      CHECK_TIMEOUT: 'PT60S',
      KAFKA_BROKERS: cluster.addresses.join(','),
    };
    ledger = await LedgerProcess.start({ env });
    expect(ledger.errors).toBe('');
  });
});
