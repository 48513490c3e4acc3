import { parsed, refused, type FieldError, type Parsed } from '#libs/ledger';

/** Most entries of a list. */
const MOST_ENTRIES = 100;

export function parseCount(
  value: unknown,
  absent: number,
  most: number,
  field: string,
): Parsed<number> {
  if (value === undefined) return parsed(absent);
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
    ? parsed(value as number)
    : refused(field, 'range', `must be a whole number from 1 to ${most}`);
}

export function oneOf<T extends string>(
  value: unknown,
  of: readonly T[],
  absent: T,
  field: string,
): Parsed<T> {
  if (value === undefined) return parsed(absent);
  const found = of.find((each) => each === value);
  return found === undefined
    ? refused(field, 'one_of', `must be one of ${of.join(', ')}`)
    : parsed(found);
}

export function eachOf<T>(
  value: unknown,
  field: string,
  parse: (value: unknown, field: string) => Parsed<T>,
): Parsed<readonly T[]> {
  if (!Array.isArray(value)) return refused(field, 'list', 'must be a list');
  if (value.length > MOST_ENTRIES) return refused(field, 'size', `must be at most ${MOST_ENTRIES}`);
  const faults: FieldError[] = [];
  const take = takerOf(faults);
  const read = (value as unknown[]).flatMap((each, n) => {
    const one = take(parse(each, `${field}[${n}]`));
    return one === undefined ? [] : [one];
  });
  return faults.length > 0 ? { ok: false, errors: faults } : parsed(read);
}

/** Hands out what was read, and keeps the faults of what was not. */
export function takerOf(faults: FieldError[]): <T>(result: Parsed<T>) => T | undefined {
  return (result) => {
    if (result.ok) return result.value;
    faults.push(...result.errors);
    return undefined;
  };
}
