/** What is wrong with one field of an input: `field` is a path such as `data.scope.userId`, `rule` a stable word. */
export interface FieldError {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
  /** How many faults of the same kind were found beside this one and are not listed. */
  readonly more?: number;
}

/** More faults than these help nobody, and a hostile input could ask for millions. */
export const MAX_FAULTS = 20;

/** The outcome of reading untrusted input: the value, or every fault that was found in it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused(field: string, rule: string, message: string): Parsed<never> {
  return { ok: false, errors: [{ field, rule, message }] };
}

/** A fault for each of these: the first of them are listed, the last of the list says how many more there are. */
export function faultsOfEach<T>(
  found: readonly T[],
  faultOf: (one: T) => FieldError,
): FieldError[] {
  const listed = found.slice(0, MAX_FAULTS).map(faultOf);
  return withMore(listed, found.length - listed.length);
}

/** Says of a list of faults how many more there are. */
export function withMore(listed: readonly FieldError[], more: number): FieldError[] {
  const last = listed.at(-1);
  if (last === undefined || more <= 0) return [...listed];
  return [...listed.slice(0, -1), { ...last, more: (last.more ?? 0) + more }];
}

/** A member that must be there is not. */
export function missing(field: string): Parsed<never> {
  return refused(field, 'required', 'is missing');
}
