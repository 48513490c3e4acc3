import fc from 'fast-check';

/** Whose money: a few scopes that share accounts crosswise. */
const scope = fc.nat({ max: 5 });
/** Which of the auths, or of the holds there are. */
const auth = fc.nat({ max: 1 });
const hold = fc.nat({ max: 9 });
const amount = fc.bigInt({ min: 0n, max: 6n });
const ttlSeconds = fc.constantFrom(1, 2, 30, 600);
const kind = <K extends string>(name: K) => fc.constant(name);

const STEPS = {
  take: fc.record({ kind: kind('take'), auth, scope, amount, ttlSeconds, keyed: fc.boolean() }),
  settle: fc.record({
    kind: kind('settle'),
    ...{ auth, hold },
    /** `null`: the cost is unknown. */
    amount: fc.option(amount, { freq: 6 }),
    time: fc.constantFrom('none', 'now', 'created', 'before'),
  }),
  release: fc.record({ kind: kind('release'), auth, hold }),
  extend: fc.record({
    kind: kind('extend'),
    ...{ auth, hold },
    ttlSeconds: fc.option(ttlSeconds, { nil: undefined }),
    amount: fc.option(amount, { nil: undefined }),
  }),
  spend: fc.record({
    kind: kind('spend'),
    ...{ scope, amount },
    /** Names this hold, with the scope of the hold or with its own; `null`: none. */
    hold: fc.option(hold, { freq: 2 }),
    isForHold: fc.boolean(),
    hoursAgo: fc.constantFrom(0, 1, 24),
    /** Its recorder dies before the log has it. */
    dies: fc.boolean(),
  }),
  repeat: fc.record({ kind: kind('repeat'), spend: fc.nat({ max: 9 }) }),
  budget: fc.record({
    kind: kind('budget'),
    budget: fc.nat({ max: 5 }),
    limit: fc.option(fc.bigInt({ min: 0n, max: 20n }), { freq: 8 }),
    window: fc.nat({ max: 2 }),
    enforce: fc.boolean(),
    isRemoved: fc.nat({ max: 5 }).map((n) => n === 0),
  }),
  relay: fc.record({ kind: kind('relay'), dies: fc.boolean() }),
  project: fc.record({
    kind: kind('project'),
    /** `null`: all. */
    partition: fc.option(fc.nat({ max: 11 }), { freq: 2 }),
    most: fc.integer({ min: 1, max: 4 }),
  }),
  rebuild: fc.record({ kind: kind('rebuild') }),
  clock: fc.record({
    kind: kind('clock'),
    micros: fc.constantFrom(1n, 400_000n, 1_000_000n, 29_000_000n, 600_000_000n, 3_600_000_000n),
  }),
} as const;

export type Step = { [K in keyof typeof STEPS]: StepOf<K> }[keyof typeof STEPS];
export type StepOf<K extends keyof typeof STEPS> =
  (typeof STEPS)[K] extends fc.Arbitrary<infer T> ? T : never;

const WEIGHTS: Record<keyof typeof STEPS, number> = {
  ...{ take: 10, settle: 6, release: 2, extend: 4, spend: 5, repeat: 2 },
  ...{ budget: 4, relay: 3, project: 5, rebuild: 1, clock: 5 },
};

export const histories: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    ...Object.entries(STEPS).map(([name, arbitrary]) => ({
      weight: WEIGHTS[name as keyof typeof STEPS],
      arbitrary: arbitrary as fc.Arbitrary<Step>,
    })),
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
);
