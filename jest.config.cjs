const { existsSync } = require('node:fs');
const { join } = require('node:path');

const present = (paths) => paths.filter((path) => existsSync(join(__dirname, path)));
const [globalSetup] = present(['libs/testing/src/global-setup.ts']);
const [globalTeardown] = present(['libs/testing/src/global-teardown.ts']);
const summary = process.env.SPEND_LEDGER_TEST_SUMMARY;
const kinds = process.env.SPEND_LEDGER_TEST_KINDS ?? 'unit|int|e2e';
/** Specs without I/O need neither Postgres nor Kafka. */
const needsParts = kinds !== 'unit';

/** Tests say what they cost in their name: *.unit.spec.ts (no I/O), *.int.spec.ts (real Postgres), *.e2e.spec.ts (whole processes), *.clients.spec.ts (clients that others generate), *.gateways.spec.ts (real gateways before a ledger), *.packages.spec.ts (the packages of clients/), *.litellm.spec.ts (a real LiteLLM before a ledger). */
module.exports = {
  roots: present(['apps', 'libs', 'test', 'bench']).map((folder) => `<rootDir>/${folder}`),
  testRegex: `\\.(${kinds})\\.spec\\.ts$`,
  transform: {
    '/libs/[^/]+/src/index\\.ts$': '<rootDir>/scripts/setup/lazy-library.cjs',
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2023',
        },
        // Loading is most of what a short spec costs: each loads what it uses, when it first does.
        module: { type: 'commonjs', lazy: true },
      },
    ],
  },
  moduleNameMapper: {
    '^#libs/(.*)$': '<rootDir>/libs/$1/src/index.ts',
  },
  testEnvironment: 'node',
  // Only a test that hangs takes as long; specs wait for conditions, on machines that have other work, too.
  testTimeout: 300_000,
  // One more than the cores of a small machine: suites wait for processes and brokers for much of their time.
  maxWorkers: needsParts ? 3 : 2,
  testSequencer: '<rootDir>/scripts/test/long-first.cjs',
  // What a suite has loaded as ES modules stays with its worker: it is replaced before that fills its heap.
  workerIdleMemoryLimit: '1GB',
  ...(needsParts && globalSetup && { globalSetup: `<rootDir>/${globalSetup}` }),
  ...(needsParts && globalTeardown && { globalTeardown: `<rootDir>/${globalTeardown}` }),
  reporters: [
    'default',
    ...(summary ? [['<rootDir>/scripts/test/count-reporter.cjs', { file: summary }]] : []),
  ],
};
