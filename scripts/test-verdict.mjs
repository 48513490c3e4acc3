const REAL = /\.(int|e2e)\.spec\.ts$/;
const ON_KAFKA = /kafka/i;
const FILTERS_NAMES = /^(-t|--testNamePattern)/;

/** From what Jest reported to what is said: `{ passed, failed, notes }`. */
export function judge({ summary, exit, args, env }) {
  const earlier = words(env.FAILED_BEFORE_TESTS);
  const notes = [
    ...earlier.map((step) => `Failed before the tests: ${step}`),
    ...words(env.UNANSWERED_BEFORE_TESTS).map(
      (step) => `NOT ASKED, neither passed nor failed: ${step}`,
    ),
  ];
  const faults = summary ? faultsOf(summary, args) : ['Jest ended without a result'];
  const counted = summary ? summary.failed + summary.brokenSuites.length : 0;
  if (counted + faults.length === 0) faults.push(...faultsOfExit(exit));
  notes.push(...faults.map((fault) => `Counted as failed: ${fault}`));
  return {
    passed: summary?.passed ?? 0,
    failed: counted + faults.length + earlier.length,
    notes,
  };
}

function words(text = '') {
  return text.split(' ').filter(Boolean);
}

function faultsOf(summary, args) {
  const isFull = args.length === 0;
  const skipped = args.some((arg) => FILTERS_NAMES.test(arg)) ? [] : summary.skipped;
  const faults = skipped.map((test) => `skipped: ${test}`);
  if (summary.passed + summary.failed === 0) faults.push('no test ran');
  if (!isFull) return faults;
  if (!summary.ranFiles.some((file) => REAL.test(file))) {
    faults.push('no *.int.spec.ts or *.e2e.spec.ts ran');
  }
  if (!summary.ranFiles.some((file) => ON_KAFKA.test(file))) {
    faults.push('no spec named after Kafka ran');
  }
  if (summary.kafka === '') {
    faults.push('no real Kafka: globalSetup left SPEND_LEDGER_TEST_KAFKA unset');
  }
  if (summary.postgres === '') {
    faults.push('no real Postgres: globalSetup left SPEND_LEDGER_TEST_POSTGRES unset');
  }
  return faults;
}

function faultsOfExit({ code, signal }) {
  if (signal === 'SIGKILL')
    return ['Jest did not end after its last test: something was left running'];
  return code === 0 ? [] : [`Jest ended with ${signal ?? `code ${code}`}`];
}
