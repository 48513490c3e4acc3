const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');

/** How a test fails that waited for too long: by `waitUntil`, by Jest's own limit, or by that of random tests. */
const TIME_LIMIT =
  /^Error: (not within \d+ ms: |thrown: "Exceeded timeout of |Failed to run property, too many pre-condition failures )/;

/**
 * Writes what a run amounts to for `scripts/test.mjs`, which prints it once Jest has ended: Jest itself may
 * still speak after its reporters. Runs where globalSetup ran, so it sees what the fixtures have set.
 */
module.exports = class CountReporter {
  constructor(_globalConfig, { file }) {
    this.file = file;
  }

  onRunComplete(_contexts, results) {
    const tests = results.testResults.flatMap((suite) =>
      suite.testResults.map((test) => ({ file: relative('', suite.testFilePath), ...test })),
    );
    const named = (status) =>
      tests
        .filter((test) => test.status === status)
        .map((test) => `${test.file}: ${test.fullName}`);
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests,
      failedTests: named('failed'),
      brokenSuites: results.testResults
        .filter((suite) => suite.testExecError)
        .map((suite) => relative('', suite.testFilePath)),
      skipped: [...named('pending'), ...named('todo'), ...named('skipped'), ...named('disabled')],
      late: results.testResults.filter(isLate).map((suite) => ({
        file: relative('', suite.testFilePath),
        passed: suite.numPassingTests,
        failed: suite.numFailingTests,
        limits: suite.testResults.flatMap(({ failureMessages }) =>
          // The second line of a random test has its seed.
          failureMessages.map((message) => message.split('\n', 2).join(' ')),
        ),
      })),
      ranFiles: [...new Set(tests.filter((t) => t.status === 'passed').map((t) => t.file))],
      postgres: process.env.SPEND_LEDGER_TEST_POSTGRES ?? '',
      kafka: process.env.SPEND_LEDGER_TEST_KAFKA ?? '',
    };
    writeFileSync(this.file, JSON.stringify(summary));
  }
};

/** Every failure of it is a time limit that was exceeded. */
function isLate({ testExecError, testResults }) {
  const failures = testResults.filter(({ status }) => status === 'failed');
  const messages = failures.flatMap(({ failureMessages }) => failureMessages);
  return !testExecError && failures.length > 0 && messages.every((m) => TIME_LIMIT.test(m));
}
