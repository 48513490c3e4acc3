import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import { MAX_FAULTS, showName, withMore } from '#libs/json';
import { type FieldFault } from '../problem';
import { asItIs, type Redact } from '../redact';
import { invalid } from './invalid';
import { outcomesOf, ParsedBy, PARSED, type ParsedValue } from './parsed';

export type DtoClass<T extends object> = new () => T;

export interface ReadOptions {
  /** For names of members that a fault quotes; whatever answers with it redacts it once more. */
  readonly redact?: Redact;
}

/**
 * A request's JSON as an instance of its class, every rule of class-validator on it kept.
 *
 * class-transformer is not used on purpose: it silently drops members named like those of Object
 * (`toString`, `constructor`, `__proto__`), where the contract wants unknown members refused.
 * @throws Problem `invalid`; its fields are full paths, its rules the constraints' names
 */
export function readBody<T extends object>(
  dtoClass: DtoClass<T>,
  value: unknown,
  options: ReadOptions = {},
): T {
  const reading = readObject(dtoClass, value, '', options);
  if (!reading.ok) throw invalid(reading.errors);
  return reading.value as T;
}

/** A member that is an object with a class of its own. */
export function Nested<T extends object>(dtoClass: () => DtoClass<T>): PropertyDecorator {
  return ParsedBy((value, field) => readObject(dtoClass(), value, field, {}));
}

function readObject<T extends object>(
  dtoClass: DtoClass<T>,
  value: unknown,
  field: string,
  { redact = asItIs }: ReadOptions,
): ParsedValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, errors: [{ field, rule: 'object', message: 'must be a JSON object' }] };
  }
  const known = membersOf(dtoClass);
  const dto = new dtoClass();
  const strangers: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (known.has(name)) (dto as Record<string, unknown>)[name] = member;
    else strangers.push(name);
  }
  const listed = strangers.slice(0, MAX_FAULTS).map((name): FieldFault => ({
    field: join(field, showName(name, redact)),
    rule: 'unknown_member',
    message: 'is not a member of this request',
  }));
  const errors = withMore(listed, strangers.length - listed.length);
  const failures = validateSync(dto, { stopAtFirstError: true, forbidUnknownValues: false });
  errors.push(...failures.flatMap((failure) => faultsOf(failure, dto, field)));
  if (errors.length > 0) return { ok: false, errors };
  for (const [name, outcome] of outcomesOf(dto)) {
    if (outcome.ok) (dto as Record<string, unknown>)[name] = outcome.value;
  }
  return { ok: true, value: dto };
}

function faultsOf(failure: ValidationError, dto: object, parent: string): FieldFault[] {
  const [rule, message] = Object.entries(failure.constraints ?? {})[0] ?? [
    'invalid',
    'is not valid',
  ];
  if (rule === PARSED) {
    const outcome = outcomesOf(dto).get(failure.property);
    const own = outcome?.ok === false ? outcome.errors : [];
    return own.map((fault) => ({ ...fault, field: join(parent, fault.field) }));
  }
  const field = join(parent, failure.property);
  return [{ field, rule, message: withoutName(message, failure.property) }];
}

/** class-validator begins its sentences with the property, which `field` already says. */
const withoutName = (message: string, property: string): string =>
  message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;

const join = (parent: string, field: string): string =>
  parent === '' ? field : field === '' ? parent : `${parent}.${field}`;

const membersByClass = new WeakMap<object, ReadonlySet<string>>();

/** A class's members are those that carry at least one decorator of class-validator. */
function membersOf(dtoClass: DtoClass<object>): ReadonlySet<string> {
  const known = membersByClass.get(dtoClass);
  if (known !== undefined) return known;
  const metadata = getMetadataStorage().getTargetValidationMetadatas(dtoClass, '', false, false);
  const members = new Set(metadata.map(({ propertyName }) => propertyName));
  membersByClass.set(dtoClass, members);
  return members;
}
