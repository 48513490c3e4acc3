import { cp, rm } from 'node:fs/promises';
import {
  createTestDatabase,
  KafkaCluster,
  LedgerProcess,
  randomSpends,
  recordUntilAcknowledged,
  workloadSeed,
  type Spend,
  type TestDatabase,
} from '#libs/testing';

const SEED = workloadSeed();
const SPENDS = randomSpends(40, SEED);

describe(`brokers that were restored from a backup of before what their database knows (FC_SEED=${SEED})`, () => {
  let cluster: KafkaCluster;
  let db: TestDatabase;
  let ledger: LedgerProcess | undefined;

  beforeAll(async () => {
    [cluster, db] = await Promise.all([
      KafkaCluster.start({ properties: { 'group.initial.rebalance.delay.ms': '0' } }),
      createTestDatabase({ ledger: false }),
    ]);
  });
  afterAll(async () => {
    await ledger?.stop('SIGKILL');
    await cluster.remove();
    await db.drop();
  });

  it('are refused at the start, whether the projector or only ingest knew of what is gone', async () => {
    const env = { DATABASE_URL: db.url, KAFKA_BROKERS: cluster.addresses.join() };
    ledger = await LedgerProcess.start({ env });
    await record(ledger, SPENDS.slice(0, 20));
    await ledger.stop();
    const [data, backup] = [cluster.dataDir(1), `${cluster.dataDir(1)}.backup`];
    await cluster.stop(1);
    await cp(data, backup, { recursive: true });
    await cluster.restart(1);

    const ingest = await LedgerProcess.openReady({ app: 'ingest', env });
    await record(ingest, SPENDS.slice(20));
    await ingest.stop();
    await cluster.stop(1);
    await rm(data, { recursive: true });
    await cp(backup, data, { recursive: true });
    await cluster.restart(1);
    for (const app of ['ingest', 'projector', 'standalone'] as const) {
      expect(await LedgerProcess.refusal({ app, env })).toMatchObject({
        code: 1,
        text: expect.stringMatching(
          /^Partition \d+ of the log ends at offset \d+, but it was written up to \d+: its end was lost/,
        ) as string,
      });
    }
  });
});

async function record({ http }: LedgerProcess, spends: readonly Spend[]): Promise<void> {
  for (const spend of spends) await recordUntilAcknowledged(spend, () => http);
}
