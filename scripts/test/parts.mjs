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
  {
    title: 'generated clients',
    kinds: ['clients'],
    paths: [],
    environment: {},
    minutes: 4,
    needs: [],
    isWhole: false,
  },
];

/** `npm test -- <Jest arguments>`: one run over specs of every kind. */
export const narrowed = (args) => ({
  title: args.join(' '),
  kinds: [...new Set(PARTS.flatMap(({ kinds }) => kinds))],
  paths: args,
  environment: {},
  minutes: undefined,
  needs: [],
  isWhole: false,
});
