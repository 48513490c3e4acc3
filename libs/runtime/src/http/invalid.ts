import { boundedFault, leftOutOf } from '../bounded-faults';
import { type FieldFault, Problem } from '../problem';

/** The problem for fields at fault; its detail names the first, for callers that show only that. */
export function invalid(errors: readonly FieldFault[]): Problem {
  const [first] = errors.slice(0, 1).map(boundedFault);
  const others = errors.length - 1 + leftOutOf(errors);
  const more = others > 0 ? ` (and ${others} more)` : '';
  const detail = first === undefined ? 'The request is not valid.' : `${sentenceOf(first)}${more}.`;
  return new Problem('invalid', detail, { errors });
}

const sentenceOf = ({ field, message }: FieldFault): string =>
  field === '' ? `The request ${message}` : `${field} ${message}`;
