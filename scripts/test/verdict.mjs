const REAL = /\.(int|e2e)\.spec\.ts$/;
const ON_KAFKA = /kafka/i;
const FILTERS_NAMES = /^(-t|--testNamePattern)/;

/** What other steps of CI left to be counted: `{ passed, failed, notes }`, as all verdicts. */
export function faultsBefore(env) {
  const failed = words(env.FAILED_BEFORE_TESTS);
  return {
    passed: 0,
    failed: failed.length,
    notes: [
      ...failed.map((step) => `Failed before the tests: ${step}`),
      ...words(env.UNANSWERED_BEFORE_TESTS).map(
        (step) => `NOT ASKED, neither passed nor failed: ${step}`,
      ),
    ],
  };
}

/** Of what a machine lacks the programs for: a note, and a failure only for CI. */
export function notRun(what, installLines, env) {
  const failed = env.CI === 'true' ? 1 : 0;
  const counted = failed === 1 ? ' (counted as failed)' : '';
  return {
    passed: 0,
    failed,
    notes: [`NOT RUN${counted}: ${what}. Install what it needs: ${installLines.join('; ')}`],
  };
}

/** From what Jest reported of a part to what is said. */
export function judge({ summary, exit, part, isFiltered }) {
  const faults = summary ? faultsOf(summary, part, isFiltered) : ['Jest ended without a result'];
  const counted = summary ? summary.failed + summary.brokenSuites.length : 0;
  if (counted + faults.length === 0) faults.push(...faultsOfExit(exit));
  return {
    passed: summary?.passed ?? 0,
    failed: counted + faults.length,
    notes: [
      ...named(summary).map((name) => `FAILED: ${name}`),
      ...faults.map((fault) => `Counted as failed: ${part.title}: ${fault}`),
    ],
  };
}

/** Names that the last lines of a run repeat: what failed is found without reading through it all. */
const MOST_NAMED = 20;

function named(summary) {
  const names = [...(summary?.failedTests ?? []), ...(summary?.brokenSuites ?? [])];
  const more = names.length - MOST_NAMED;
  return more > 0 ? [...names.slice(0, MOST_NAMED), `${more} more`] : names;
}

/** Suites that one run may repeat; where more met time limits, the machine or the change is too slow. */
const MOST_AGAIN = 5;

/**
 * What is run once more, one suite at a time: suites all of whose failures are exceeded time limits, which a busy
 * machine exceeds without a fault. What a test waits for and never comes looks the same: the note says what it was.
 */
export function toRunAgain(summary) {
  const late = summary?.late ?? [];
  return late.length > MOST_AGAIN ? [] : late;
}

/** What the first run amounts to with the second one's results of the suites that were repeated. */
export function withSecondRun(first, again, second) {
  const sum = (of) => again.reduce((total, suite) => total + of(suite), 0);
  const isMended =
    second !== undefined &&
    second.failed + second.brokenSuites.length === 0 &&
    second.passed === sum(({ passed, failed }) => passed + failed);
  if (!isMended) return { summary: first, notes: [] };
  return {
    summary: {
      ...first,
      passed: first.passed - sum(({ passed }) => passed) + second.passed,
      failed: first.failed - sum(({ failed }) => failed),
      failedTests: first.failedTests.filter(
        (name) => !again.some(({ file }) => name.startsWith(`${file}: `)),
      ),
    },
    notes: again.map(
      ({ file, limits }) =>
        `Met a time limit, and passed when it ran alone: ${file}: ${limits.join('; ')}`,
    ),
  };
}

function words(text = '') {
  return text.split(' ').filter(Boolean);
}

function faultsOf(summary, part, isFiltered) {
  const filtersNames = isFiltered && part.paths.some((arg) => FILTERS_NAMES.test(arg));
  const faults = (filtersNames ? [] : summary.skipped).map((test) => `skipped: ${test}`);
  if (summary.passed + summary.failed === 0) faults.push('no test ran');
  return part.isWhole ? [...faults, ...lacksOf(summary)] : faults;
}

function lacksOf(summary) {
  const faults = [];
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
