/** What is wrong with one place in a tree. `field` is a path such as `data.scope.userId`, `""` for the whole. */
export interface FieldFault {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
  /** How many faults of the same kind were found beside this one and are not listed. */
  readonly more?: number;
}

/** More faults than these help nobody, and a hostile text could ask for millions. */
export const MAX_FAULTS = 20;

/** Says of a list of faults how many more there are. */
export function withMore(listed: readonly FieldFault[], more: number): FieldFault[] {
  const last = listed.at(-1);
  if (last === undefined || more <= 0) return [...listed];
  return [...listed.slice(0, -1), { ...last, more: (last.more ?? 0) + more }];
}

/** Takes secrets out of a text that is about to be shown. */
export type Redact = (text: string) => string;
