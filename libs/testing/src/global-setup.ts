import { startKafkaOfTheTests } from './kafka/kafka-of-the-tests';
import { startPostgresOfTheTests } from './postgres-of-the-tests';
import { prepareTemplate } from './test-database';

interface Part {
  stop(): Promise<void>;
}

declare global {
  var spendLedgerTestParts: Part[] | undefined;
}

/** One real Postgres and one real Kafka for all specs; their addresses are in the environment once they work. */
export default async function globalSetup(): Promise<void> {
  const parts: Part[] = (globalThis.spendLedgerTestParts = []);
  const [postgres] = await Promise.allSettled([providePostgres(parts), provideKafka(parts)]);
  if (postgres.status === 'fulfilled') return;
  // Jest calls no teardown after a failed setup.
  await Promise.all(parts.map((part) => part.stop()));
  throw postgres.reason;
}

async function providePostgres(parts: Part[]): Promise<void> {
  const postgres = await startPostgresOfTheTests();
  parts.push(postgres);
  process.env['SPEND_LEDGER_TEST_POSTGRES'] = postgres.url;
  await prepareTemplate();
}

/** Without it other specs still run; those that need it fail, and so does a full run (`scripts/test-verdict.mjs`). */
async function provideKafka(parts: Part[]): Promise<void> {
  delete process.env['SPEND_LEDGER_TEST_KAFKA'];
  try {
    const kafka = await startKafkaOfTheTests();
    parts.push(kafka);
    process.env['SPEND_LEDGER_TEST_KAFKA'] = kafka.brokers.join(',');
  } catch (error) {
    console.error(`No Kafka for the specs: ${(error as Error).message}`);
  }
}
