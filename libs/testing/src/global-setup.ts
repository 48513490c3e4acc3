import { startKafkaOfTheTests } from './kafka/kafka-of-the-tests';
import type { Part } from './part';
import { startPostgresOfTheTests } from './postgres-of-the-tests';
import { prepareTemplate } from './test-database';

declare global {
  var spendLedgerTestParts: Part[] | undefined;
}

/** One real Postgres and one real Kafka for all specs; their addresses are in the environment once they work. */
export default async function globalSetup(): Promise<void> {
  const parts: Part[] = (globalThis.spendLedgerTestParts = []);
  const [postgres, kafka] = await Promise.allSettled([providePostgres(parts), provideKafka(parts)]);
  if (postgres.status === 'rejected') {
    // Jest calls no teardown after a failed setup.
    await Promise.all(parts.map((part) => part.stop()));
    throw postgres.reason;
  }
  // Without Kafka other specs still run; those that need it fail, and so does a full run (`scripts/test/verdict.mjs`).
  const told = kafka.status === 'fulfilled' ? kafka.value : `none: ${sentenceOf(kafka.reason)}`;
  console.error(`The specs use Postgres: ${postgres.value}. Kafka: ${told}.`);
}

async function providePostgres(parts: Part[]): Promise<string> {
  const postgres = await startPostgresOfTheTests();
  parts.push(postgres);
  process.env['SPEND_LEDGER_TEST_POSTGRES'] = postgres.url;
  await prepareTemplate();
  return postgres.description;
}

async function provideKafka(parts: Part[]): Promise<string> {
  delete process.env['SPEND_LEDGER_TEST_KAFKA'];
  const kafka = await startKafkaOfTheTests();
  parts.push(kafka);
  process.env['SPEND_LEDGER_TEST_KAFKA'] = kafka.brokers.join(',');
  return kafka.description;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
