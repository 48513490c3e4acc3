import { type FieldFault, MAX_FAULTS } from '#libs/json';

/** Of a field's path and of a message; both may quote names that a stranger chose. */
const MAX_CHARS = 256;

export interface BoundedFaults {
  readonly errors: readonly FieldFault[];
  /** How many faults there are beside these. */
  readonly errorsLeftOut: number;
}

/** So many faults as an answer carries, each of a bounded length, and how many more there are. */
export function boundFaults(errors: readonly FieldFault[], most = MAX_FAULTS): BoundedFaults {
  const listed = errors.slice(0, most);
  return {
    errors: listed.map(boundedFault),
    errorsLeftOut: errors.length - listed.length + leftOutOf(errors),
  };
}

/** What was found and never listed. */
export function leftOutOf(errors: readonly FieldFault[]): number {
  return errors.reduce((sum, { more = 0 }) => sum + more, 0);
}

export function boundedFault({ field, rule, message }: FieldFault): FieldFault {
  return { field: cut(field), rule, message: cut(message) };
}

function cut(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS).toWellFormed()}…` : text;
}
