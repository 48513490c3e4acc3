const VARYING =
  /^(recorded[aA]t|knownat|asOf|decidedAt|lastDecidedAt|decisionId|count|lagMs|position|warnedAt|warningId|caller|at)$/;

/** A document without what may be different each time. */
export function timeless(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body, (name, value: unknown) => (VARYING.test(name) ? undefined : value)),
  );
}
