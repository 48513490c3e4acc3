import { startKafkaOfTheTests } from './kafka/kafka-of-the-tests';
import { startPostgresOfTheTests } from './postgres-of-the-tests';
import { prepareTemplate } from './test-database';

declare global {
  var spendLedgerTestParts: { stop(): Promise<void> }[] | undefined;
}

/** One real Postgres and one real Kafka for all specs; their addresses are in the environment once they work. */
export default async function globalSetup(): Promise<void> {
  const parts: { stop(): Promise<void> }[] = (globalThis.spendLedgerTestParts = []);
  const outcomes = await Promise.allSettled([
    startPostgresOfTheTests().then(async (postgres) => {
      parts.push(postgres);
      process.env['SPEND_LEDGER_TEST_POSTGRES'] = postgres.url;
      await prepareTemplate();
    }),
    startKafkaOfTheTests().then((kafka) => {
      parts.push(kafka);
      process.env['SPEND_LEDGER_TEST_KAFKA'] = kafka.brokers.join(',');
    }),
  ]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return;
  // Jest calls no teardown after a failed setup.
  await Promise.all(parts.map((part) => part.stop()));
  throw failed.reason;
}
