import { missingParts } from './system-parts.mjs';

/**
 * What a full `npm test` runs, one after the other: each part is a Jest run of its own.
 *
 * `kinds` are of spec files (`*.<kind>.spec.ts`), `paths` narrow them as Jest's arguments do, `environment` is added
 * to the run's, `minutes` is what it may take on two quiet cores, `needs` are system parts without which none of it
 * runs. `isWhole`: it must have met a real Postgres and a real Kafka.
 */
export const PARTS = [
  {
    title: 'the ledger’s own specs',
    kinds: ['unit', 'int', 'e2e'],
    paths: [],
    environment: {},
    minutes: 15,
    needs: [],
    isWhole: true,
  },
  ...otherServers(),
  {
    title: 'gateways',
    kinds: ['gateways'],
    paths: [],
    environment: {},
    minutes: 6,
    needs: [],
    isWhole: false,
  },
  {
    title: 'generated clients',
    kinds: ['clients'],
    paths: [],
    environment: {},
    minutes: 4,
    needs: [],
    isWhole: false,
  },
  {
    title: 'client packages',
    kinds: ['packages'],
    paths: [],
    environment: {},
    minutes: 6,
    needs: [],
    isWhole: false,
  },
  {
    title: 'LiteLLM',
    kinds: ['litellm'],
    paths: [],
    environment: {},
    minutes: 12,
    needs: ['litellm'],
    isWhole: false,
  },
];

/** What is tuned on the ledger's own Postgres alone is found on others: little of each kind of work, at each door. */
function otherServers() {
  const core = {
    kinds: ['int', 'e2e'],
    paths: [
      'test/seeds/26239-(explained|per-month|team)',
      'test/seeds/cost-105-percent',
      'test/seeds/held-money',
      'test/holds/bound',
      'test/e2e/holds.http',
      'test/e2e/holds.grpc',
      'libs/balances/src/rows-read',
      'apps/auth/src/holds/rows-of-a-flush',
    ],
    minutes: 2,
    isWhole: false,
  };
  return [
    {
      ...core,
      title: 'the core on Debian’s Postgres 15',
      environment: { SPEND_LEDGER_TEST_SERVER: 'debian-15' },
      needs: ['postgresql-15'],
    },
    {
      ...core,
      title: 'the core on Postgres 17',
      environment: { SPEND_LEDGER_TEST_SERVER: 'npm-17' },
      needs: [],
    },
  ];
}

const KINDS = [...new Set(PARTS.flatMap(({ kinds }) => kinds))];

/** `npm test -- [<kind>] [<Jest arguments>]`: one run over specs of every kind that can run here, or of the one that comes first. */
export function narrowed(args) {
  const isKind = KINDS.includes(args[0]);
  return {
    title: args.join(' '),
    kinds: isKind ? [args[0]] : kindsHere(),
    paths: isKind ? args.slice(1) : args,
    environment: {},
    minutes: undefined,
    needs: [],
    isWhole: false,
  };
}

function kindsHere() {
  const parts = PARTS.filter(({ needs }) => missingParts(needs).length === 0);
  return KINDS.filter((kind) => parts.some(({ kinds }) => kinds.includes(kind)));
}
