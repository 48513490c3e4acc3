import fc from 'fast-check';

/** Whose money: a few scopes that share accounts crosswise. */
const scope = fc.nat({ max: 5 });
/** Which of the auths. */
const auth = fc.nat({ max: 2 });
/** Which of the holds that there are, the last one first. */
const hold = fc.nat({ max: 9 });
const amount = fc.bigInt({ min: 0n, max: 6n });
/** `null`: the cost is unknown. */
const cost = fc.option(amount, { freq: 6 });
const ttlSeconds = fc.constantFrom(1, 2, 30, 600);
/** The process is killed, before its work is done or before it knows. */
const dies = fc.constantFrom('never', 'never', 'before', 'after');
const kind = <K extends string>(name: K) => fc.constant(name);

const REQUESTS = {
  take: fc.record({
    kind: kind('take'),
    scope,
    amount,
    ttlSeconds,
    onExpiry: fc.constantFrom('release', 'release', 'unknown', 'charge', 'charge'),
    key: seldom(fc.nat({ max: 2 }), 3),
  }),
  /** A request with a key comes once more. */
  again: fc.record({ kind: kind('again'), take: fc.nat({ max: 9 }) }),
  settle: fc.record({
    kind: kind('settle'),
    hold,
    cost,
    time: fc.constantFrom('none', 'now', 'created', 'before', 'later'),
  }),
  release: fc.record({ kind: kind('release'), hold }),
  extend: fc.record({
    kind: kind('extend'),
    hold,
    ttlSeconds: fc.option(ttlSeconds, { nil: undefined }),
    amount: fc.option(amount, { nil: undefined }),
  }),
} as const;

export type HoldStep = { [K in keyof typeof REQUESTS]: HoldStepOf<K> }[keyof typeof REQUESTS];
export type HoldStepOf<K extends keyof typeof REQUESTS> =
  (typeof REQUESTS)[K] extends fc.Arbitrary<infer T> ? T : never;

const request = weighted<HoldStep>(REQUESTS, {
  take: 10,
  again: 2,
  settle: 6,
  release: 2,
  extend: 5,
});

const STEPS = {
  flush: fc.record({
    kind: kind('flush'),
    auth,
    requests: fc.array(request, { minLength: 1, maxLength: 3 }),
    /** Its connection is gone at this statement; most flushes have fewer. */
    diesAt: seldom(fc.nat({ max: 6 }), 8),
  }),
  spend: fc.record({
    kind: kind('spend'),
    scope,
    cost,
    dies,
    /** Names this hold, with the scope of the hold or with its own; `null`: none. */
    hold: seldom(hold, 2),
    isForHold: fc.nat({ max: 4 }).map((n) => n < 4),
    /** What it says of labels where it names a hold of calls that have some. */
    says: fc.constantFrom('nothing', 'nothing', 'more', 'other'),
    hoursAgo: fc.constantFrom(0, 0, 1, 24),
  }),
  repeat: fc.record({ kind: kind('repeat'), spend: fc.nat({ max: 3 }) }),
  budget: fc.record({
    kind: kind('budget'),
    budget: fc.nat({ max: 6 }),
    limit: fc.option(fc.bigInt({ min: 0n, max: 20n }), { freq: 12 }),
    window: fc.nat({ max: 3 }),
    enforce: fc.nat({ max: 4 }).map((n) => n > 0),
    isRemoved: fc.nat({ max: 5 }).map((n) => n === 4),
    validSeconds: seldom(fc.constantFrom(2, 30), 5),
    /** Otherwise it waits on the log. */
    isProjected: fc.nat({ max: 3 }).map((n) => n < 3),
  }),
  relay: fc.record({ kind: kind('relay'), dies, most: fc.constantFrom(1000, 1, 2) }),
  project: fc.record({
    kind: kind('project'),
    /** `null`: all. */
    partition: seldom(fc.nat({ max: 11 }), 2),
    most: fc.integer({ min: 1, max: 4 }),
  }),
  /** A record of the log stands there once more. */
  double: fc.record({ kind: kind('double'), record: fc.nat({ max: 20 }) }),
  rebuild: fc.record({ kind: kind('rebuild') }),
  /** An auth looks for holds that owe an event. */
  expire: fc.record({
    kind: kind('expire'),
    auth,
    most: fc.constantFrom(100, 1, 2),
    /** Its connection is gone at this statement; most flushes have more. */
    diesAt: seldom(fc.nat({ max: 8 }), 5),
  }),
  /** An auth is stopped and another started. */
  restart: fc.record({ kind: kind('restart'), auth }),
  /** The clock comes to the very instant at which a hold expires, or to the microsecond before. */
  expiry: fc.record({ kind: kind('expiry'), hold, isBefore: fc.boolean() }),
  clock: fc.record({
    kind: kind('clock'),
    micros: fc.constantFrom(1n, 400_000n, 1_000_000n, 29_000_000n, 600_000_000n, 3_600_000_000n),
  }),
  /** As a clock is set right, or another server takes over. */
  clockBack: fc.record({
    kind: kind('clockBack'),
    micros: fc.constantFrom(1n, 700_000n, 2_000_000n, 60_000_000n),
  }),
} as const;

export type Step = { [K in keyof typeof STEPS]: StepOf<K> }[keyof typeof STEPS];
export type StepOf<K extends keyof typeof STEPS> =
  (typeof STEPS)[K] extends fc.Arbitrary<infer T> ? T : never;

const WEIGHTS = {
  flush: 22,
  spend: 7,
  repeat: 4,
  budget: 5,
  relay: 3,
  project: 5,
  double: 1,
  rebuild: 1,
  restart: 1,
  expiry: 4,
  expire: 5,
  clock: 3,
};

export const histories = historiesOf({ ...WEIGHTS, clockBack: 2 });
/** What each slot of a pool has counted out would show otherwise, and a slot is no promise. */
export const historiesForwards = historiesOf({ ...WEIGHTS, clockBack: 0 });

function historiesOf(weights: Record<Step['kind'], number>): fc.Arbitrary<Step[]> {
  return fc.array(weighted<Step>(STEPS, weights), { minLength: 1, maxLength: 120, size: 'max' });
}

/** `null` but once in so many times. */
function seldom<T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

function weighted<T extends { readonly kind: string }>(
  arbitraries: Record<T['kind'], fc.Arbitrary<unknown>>,
  weights: Record<T['kind'], number>,
): fc.Arbitrary<T> {
  const kinds = Object.keys(weights) as T['kind'][];
  return fc.oneof(
    ...kinds.map((name) => ({
      weight: weights[name],
      arbitrary: arbitraries[name] as fc.Arbitrary<T>,
    })),
  );
}
