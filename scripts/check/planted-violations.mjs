const npmPackage = (name) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({
    name,
    version: '1.0.0',
    main: 'index.js',
  }),
  [`node_modules/${name}/index.js`]: 'module.exports = {};',
});
const NPM = ['kafkajs', 'pg', '@nestjs/common', 'fast-check', 'temporal-polyfill'];
const LIBS = {
  ledger: "import 'node:crypto'; import 'temporal-polyfill'; import './inner';",
  postgres: "import 'pg'; import './inner';",
  json: "import 'node:buffer'; import './inner';",
  runtime: "import '@nestjs/common'; import '#libs/json'; import './inner';",
  wire: "import '#libs/ledger'; import '#libs/json'; import './inner';",
  'spend-log': "import 'kafkajs'; import '#libs/wire'; import '#libs/ledger'; import './inner';",
  projection: "import '#libs/wire'; import '#libs/postgres'; import './inner';",
  balances: "import '#libs/ledger'; import '#libs/postgres'; import './inner';",
  audit: "import '#libs/balances'; import './inner';",
  holds: "import '#libs/wire'; import './inner';",
  gateways: "import '#libs/ledger'; import './inner';",
  recording: "import '#libs/spend-log'; import '#libs/balances'; import './inner';",
  opening: "import '#libs/spend-log'; import '#libs/runtime'; import './inner';",
  testing: "import '#libs/spend-log'; import 'pg'; import 'kafkajs'; import './inner';",
};

const libFiles = Object.entries(LIBS).map(([lib, text]) => ({
  [`libs/${lib}/src/index.ts`]: text,
  [`libs/${lib}/src/inner.ts`]: 'export const inner = 1;',
}));

/** A small tree that keeps every rule. */
export const CLEAN = Object.assign(
  {
    'package.json': JSON.stringify({
      imports: { '#libs/*': './dist/libs/*/src/index.js' },
      dependencies: Object.fromEntries(NPM.map((name) => [name, '1.0.0'])),
    }),
    'apps/ingest/src/main.ts': "import './use'; import '#libs/runtime';",
    'apps/ingest/src/use.ts': "import '#libs/spend-log';",
    'apps/standalone/src/main.ts': "import '../../ingest/src/use';",
    'apps/ingest/src/use.unit.spec.ts': "import '#libs/testing'; import './use';",
    'libs/ledger/src/law.unit.spec.ts': "import 'fast-check'; import '#libs/testing';",
    'test/story.e2e.spec.ts': "import '#libs/testing';",
    'bench/main.ts': "import '#libs/testing';",
  },
  ...libFiles,
  ...NPM.map(npmPackage),
);

const outside = (lib, imported) => ({
  [`libs/${lib}/src/index.ts`]: `import '#libs/${imported}';`,
});

/** For each rule of `.dependency-cruiser.cjs`, files that break it. */
export const PLANTED = {
  'lib-ledger': { 'libs/ledger/src/outside.ts': "import '#libs/wire';" },
  'lib-postgres': outside('postgres', 'ledger'),
  'lib-json': outside('json', 'ledger'),
  'lib-runtime': outside('runtime', 'ledger'),
  'lib-wire': outside('wire', 'postgres'),
  'lib-spend-log': outside('spend-log', 'runtime'),
  'lib-projection': outside('projection', 'spend-log'),
  'lib-balances': outside('balances', 'projection'),
  'lib-audit': outside('audit', 'holds'),
  'lib-opening': outside('opening', 'balances'),
  'lib-holds': outside('holds', 'balances'),
  'lib-recording': outside('recording', 'runtime'),
  'lib-access': outside('access', 'balances'),
  'lib-gateways': outside('gateways', 'wire'),
  'libs-are-listed': { 'libs/common/src/index.ts': "import '#libs/ledger';" },
  'libs-by-their-index': { 'apps/auth/src/deep.ts': "import '../../../libs/ledger/src/inner';" },
  'libs-by-their-index-at-the-top': { 'test/deep.ts': "import '../libs/ledger/src/inner';" },
  'apps-are-islands': { 'apps/auth/src/island.ts': "import '../../ingest/src/use';" },
  'gateways-are-doors': {
    'apps/auth/src/gateways/rules.ts': "import '#libs/gateways';",
    'apps/auth/src/knows.ts': "import './gateways/rules';",
  },
  'apps-import-libs': { 'apps/auth/src/tests.ts': "import '../../../test/deep';" },
  'testing-is-for-tests': { 'apps/auth/src/fixture.ts': "import '#libs/testing';" },
  'pure-ledger': { 'libs/ledger/src/impure.ts': "import 'fast-check';" },
  'ledger-does-no-io': { 'libs/ledger/src/file.ts': "import 'node:fs';" },
  'only-home-of-kafkajs': { 'apps/ingest/src/broker.ts': "import 'kafkajs';" },
  'only-home-of-pg': { 'libs/projection/src/query.ts': "import 'pg';" },
  'nest-at-the-doors': { 'libs/holds/src/decorated.ts': "import '@nestjs/common';" },
  'no-cycles': {
    'apps/auth/src/hen.ts': "import './egg';",
    'apps/auth/src/egg.ts': "import './hen';",
  },
  'no-orphans': { 'apps/auth/src/alone.ts': 'export const alone = 1;' },
  resolvable: { 'apps/auth/src/lost.ts': "import './nowhere';" },
};
