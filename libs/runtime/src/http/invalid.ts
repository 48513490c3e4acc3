import { type FieldFault, Problem } from '../problem';

/** The problem for fields at fault; its detail names the first, for callers that show only that. */
export function invalid(errors: readonly FieldFault[]): Problem {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const detail = first === undefined ? 'The request is not valid.' : `${sentenceOf(first)}${more}.`;
  return new Problem('invalid', detail, { errors });
}

const sentenceOf = ({ field, message }: FieldFault): string =>
  field === '' ? `The request ${message}` : `${field} ${message}`;
