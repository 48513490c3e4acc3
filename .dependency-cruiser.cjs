/** The architecture as rules. `npm run check` fails when one breaks, and when one no longer catches anything. */
const LIBS = {
  ledger: [],
  postgres: [],
  json: [],
  runtime: ['json'],
  wire: ['json', 'ledger'],
  'spend-log': ['wire', 'ledger', 'postgres'],
  projection: ['wire', 'ledger', 'postgres'],
  balances: ['json', 'wire', 'ledger', 'postgres'],
  audit: ['balances', 'wire', 'ledger', 'postgres'],
  holds: ['wire', 'ledger', 'postgres'],
  gateways: ['ledger'],
  recording: ['balances', 'wire', 'spend-log', 'ledger', 'postgres'],
  access: ['ledger', 'postgres', 'runtime'],
  opening: ['access', 'gateways', 'spend-log', 'wire', 'ledger', 'postgres', 'runtime'],
};
const WITHOUT_NEST = [
  'json',
  'ledger',
  'wire',
  'postgres',
  'spend-log',
  'projection',
  'balances',
  'audit',
  'holds',
  'gateways',
  'recording',
];
/** The one package the domain may use: time zones. */
const TIME_ZONE_LIBRARY = 'temporal-polyfill';

const SPEC = '\\.(spec|fixture)\\.ts$';
const TESTING = '^libs/testing/';
const OURS = '^(apps|libs|test|bench)/';
const TEST_CODE = [SPEC, TESTING, '^test/', '^bench/'];
const packages = (names) => `(^|/)node_modules/(@types/)?${names}(/|$)|^${names}(/|$)`;

const libRules = Object.entries(LIBS).map(([lib, allowed]) => ({
  name: `lib-${lib}`,
  comment: `libs/${lib} may import ${allowed.join(', ') || 'nothing of ours'}.`,
  from: { path: `^libs/${lib}/`, pathNot: SPEC },
  to: { path: OURS, pathNot: [lib, ...allowed].map((name) => `^libs/${name}/`) },
}));

const onlyHome = (name, homes, besides = []) => ({
  name: `only-home-of-${name}`,
  comment: `${name} is imported only in ${homes.join(', ')}.`,
  from: { path: OURS, pathNot: [...homes.map((home) => `^libs/${home}/`), ...besides] },
  to: { path: packages(name) },
});

const forbidden = [
  ...libRules,
  {
    name: 'libs-are-listed',
    comment: 'A new lib states here what it may import.',
    from: { path: '^libs/', pathNot: [...Object.keys(LIBS), 'testing'].map((l) => `^libs/${l}/`) },
    to: {},
  },
  {
    name: 'libs-by-their-index',
    comment: 'Import a lib as #libs/<name>.',
    from: { path: '^((?:apps|libs|test|bench)/[^/]+)/' },
    to: { path: '^libs/[^/]+/src/(?!index\\.ts$)', pathNot: '^$1/' },
  },
  {
    name: 'libs-by-their-index-at-the-top',
    comment: 'Import a lib as #libs/<name>.',
    from: { path: '^(test|bench)/[^/]+$' },
    to: { path: '^libs/[^/]+/src/(?!index\\.ts$)' },
  },
  {
    name: 'apps-are-islands',
    comment: 'Apps meet over the log, gRPC and Postgres; only standalone imports other apps.',
    from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'gateways-are-doors',
    comment: 'What decides, holds and reads knows nothing of gateways: they plug in.',
    from: {
      path: '^apps/auth/src/',
      pathNot: ['^apps/auth/src/(gateways/|auth\\.module\\.ts$|auth-parts\\.ts$)', SPEC],
    },
    to: { path: ['^apps/auth/src/gateways/', '^libs/gateways/'] },
  },
  {
    name: 'apps-import-libs',
    comment: 'What is built to be deployed needs neither tests nor benchmarks.',
    from: { path: '^(apps|libs)/', pathNot: [SPEC, TESTING] },
    to: { path: ['^(test|bench|scripts)/', SPEC] },
  },
  {
    name: 'testing-is-for-tests',
    comment: 'Only specs, test/ and bench/ import libs/testing.',
    from: { path: OURS, pathNot: TEST_CODE },
    to: { path: TESTING },
  },
  {
    name: 'pure-ledger',
    comment: 'The domain runs without a framework, a broker or a database.',
    from: { path: '^libs/ledger/', pathNot: SPEC },
    to: {
      dependencyTypesNot: ['local', 'core'],
      path: '.',
      pathNot: [OURS, packages(TIME_ZONE_LIBRARY)],
    },
  },
  {
    name: 'ledger-does-no-io',
    comment: 'The domain may compute a hash; it opens nothing.',
    from: { path: '^libs/ledger/', pathNot: SPEC },
    to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
  },
  // Specs and benchmarks show what it does without the log's care.
  onlyHome('kafkajs', ['spend-log', 'testing'], ['^test/', '^bench/']),
  onlyHome('pg', ['postgres', 'testing']),
  {
    name: 'nest-at-the-doors',
    comment: 'Nest wires processes; what they own does not know it.',
    from: { path: `^libs/(${WITHOUT_NEST.join('|')})/`, pathNot: SPEC },
    to: { path: packages('@nestjs') },
  },
  { name: 'no-cycles', from: { path: OURS }, to: { circular: true } },
  {
    name: 'no-orphans',
    comment: 'A file that nobody imports is dead, or an entry that belongs in this list.',
    from: {
      orphan: true,
      path: OURS,
      pathNot: [
        SPEC,
        '/src/(main|demo|index)\\.ts$',
        '^bench/main\\.ts$',
        '/global-(setup|teardown)\\.ts$',
        '\\.d\\.ts$',
      ],
    },
    to: {},
  },
  {
    name: 'resolvable',
    comment: 'An import that leads nowhere.',
    from: { path: OURS },
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: forbidden.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
