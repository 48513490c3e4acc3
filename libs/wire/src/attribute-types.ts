import type { FieldError } from '#libs/ledger';

const LEAST_INTEGER = -(2 ** 31);
const MOST_INTEGER = 2 ** 31 - 1;
/** RFC 3986: a scheme, and after it characters of a URI. */
const ABSOLUTE_URI =
  /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;

/**
 * What the type of an attribute asks of its value (CloudEvents 1.0.2, "Type System" and "Context Attributes"), once it is
 * a string, an integer or a boolean.
 */
export function attributeTypeFault(
  name: string,
  value: unknown,
): Omit<FieldError, 'field'> | undefined {
  if (name === 'subject' || name === 'dataschema') {
    if (typeof value !== 'string') return { rule: 'string', message: 'must be a string' };
    if (value === '') {
      return { rule: 'not_empty', message: 'must not be empty: leave it out instead' };
    }
  }
  if (name === 'dataschema' && !ABSOLUTE_URI.test(value as string)) {
    return { rule: 'uri', message: 'must be an absolute URI, such as https://example.com/schema' };
  }
  if (typeof value === 'number' && (value < LEAST_INTEGER || value > MOST_INTEGER)) {
    return {
      rule: 'range',
      message: `must be an integer of 32 bits, from ${LEAST_INTEGER} to ${MOST_INTEGER}, or a string`,
    };
  }
  if (typeof value === 'string' && NONCHARACTER.test(value)) {
    return { rule: 'noncharacter', message: 'must have no noncharacters of Unicode' };
  }
  return undefined;
}
