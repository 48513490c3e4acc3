export function testKafkaBrokers(): string[] {
  const brokers = process.env['SPEND_LEDGER_TEST_KAFKA'];
  if (!brokers) {
    throw new Error(
      'SPEND_LEDGER_TEST_KAFKA is unset: run the tests with `npm test`, and see what it says first',
    );
  }
  return brokers.split(',');
}
