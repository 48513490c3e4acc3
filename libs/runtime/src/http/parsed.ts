import { registerDecorator, ValidateIf } from 'class-validator';
import { type FieldFault } from '../problem';

export type ParsedValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly errors: readonly FieldFault[] };

/** Reads one member; the faults it returns have fields that begin with `field`. */
export type MemberParser = (value: unknown, field: string) => ParsedValue;

/**
 * Plugs a domain's own parser into class-validator. What it makes of the member stands in the
 * object that readBody returns; what it finds at fault is reported in its own words and paths.
 * It is asked about an absent member too (`undefined`), unless the member is `@OptionalMember()`.
 */
export function ParsedBy(parse: MemberParser): PropertyDecorator {
  return (prototype, property) => {
    const name = String(property);
    registerDecorator({
      name: PARSED,
      target: prototype.constructor,
      propertyName: name,
      validator: {
        validate: (value: unknown, args) => {
          const result = parse(value, name);
          if (args !== undefined) outcomesOf(args.object).set(name, result);
          return result.ok;
        },
        defaultMessage: () => 'is not valid',
      },
    });
  };
}

/** The member may be absent. It may not be null: an absent member and a null one are not the same. */
export function OptionalMember(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined);
}

/** The constraint name under which class-validator reports a parser's refusal. */
export const PARSED = 'parsed';

/** What the parsers made of the members of one object. */
export function outcomesOf(object: object): Map<string, ParsedValue> {
  const known = outcomes.get(object);
  if (known !== undefined) return known;
  const fresh = new Map<string, ParsedValue>();
  outcomes.set(object, fresh);
  return fresh;
}

const outcomes = new WeakMap<object, Map<string, ParsedValue>>();
