import { checkJsonTree } from '#libs/json';
import {
  parseAmount,
  parsed,
  parseId,
  parseUsage,
  redactSecrets,
  refused,
  type Basis,
  type FieldError,
  type Parsed,
  type Spend,
} from '#libs/ledger';
import { REQUEST_LIMITS } from './request-limits';

/** What a call cost, and what is said about it. */
export type Cost = Pick<
  Spend,
  'amountPico' | 'usage' | 'pricedBy' | 'basis' | 'model' | 'metadata'
>;

const MAX_METADATA_BYTES = 8 * 1024;
/** An event's own levels are the event and its data. */
const MAX_METADATA_DEPTH = REQUEST_LIMITS.depth - 2;

/**
 * Reads `amount` or `usage`, `basis`, `model` and `metadata`, of a spend's data or of a settle.
 * @param field the path of what they are members of; empty at the top
 */
export function parseCost(given: Readonly<Record<string, unknown>>, field: string): Parsed<Cost> {
  const errors: FieldError[] = [];
  const take = <T>(result: Parsed<T>): T | undefined => {
    if (result.ok) return result.value;
    errors.push(...result.errors);
    return undefined;
  };
  const at = (name: string) => (field === '' ? name : `${field}.${name}`);
  const ifGiven = <T>(name: string, parse: (value: unknown, field: string) => Parsed<T>) =>
    given[name] === undefined ? undefined : take(parse(given[name], at(name)));
  const basis = given['basis'] === undefined ? 'exact' : ifGiven('basis', parseBasis);
  const usage = ifGiven('usage', parseUsage);
  const isUsage = given['usage'] !== undefined;
  const amountPico =
    basis === undefined || isUsage
      ? undefined
      : take(parseStated(given['amount'], basis, at('amount')));
  if (isUsage) errors.push(...besideUsage(given, basis, at));
  const model = ifGiven('model', parseId);
  const metadata = ifGiven('metadata', parseMetadata);
  if (errors.length > 0 || basis === undefined) return { ok: false, errors };
  return parsed({
    ...(amountPico === undefined ? {} : { amountPico }),
    ...(usage === undefined ? {} : { usage }),
    basis,
    ...(model === undefined ? {} : { model }),
    ...(metadata === undefined ? {} : { metadata }),
  });
}

function parseBasis(value: unknown, field: string): Parsed<Basis> {
  return value === 'exact' || value === 'estimated' || value === 'unknown'
    ? parsed(value)
    : refused(field, 'one_of', 'must be one of exact, estimated, unknown');
}

function parseStated(value: unknown, basis: Basis, field: string): Parsed<bigint | undefined> {
  if (basis !== 'unknown') {
    return value === undefined
      ? refused(field, 'required', 'is needed, unless there is usage or the basis is unknown')
      : parseAmount(value, field);
  }
  return value === undefined
    ? parsed(undefined)
    : refused(field, 'absent', 'must be absent where the basis is unknown');
}

/** Usage stands in the place of an amount, and is priced by the model. */
function besideUsage(
  given: Readonly<Record<string, unknown>>,
  basis: Basis | undefined,
  at: (name: string) => string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (given['amount'] !== undefined) {
    const message = 'must be absent where there is an amount: send one of the two';
    errors.push({ field: at('usage'), rule: 'absent', message });
  }
  if (basis === 'unknown') {
    const message = 'must be absent where the basis is unknown: the ledger prices what was used';
    errors.push({ field: at('usage'), rule: 'absent', message });
  }
  if (given['model'] === undefined) {
    const message = 'is needed where there is usage: it says which price counts';
    errors.push({ field: at('model'), rule: 'required', message });
  }
  return errors;
}

function parseMetadata(value: unknown, field: string): Parsed<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(field, 'object', 'must be a JSON object');
  }
  const faults = checkJsonTree(value, { maxDepth: MAX_METADATA_DEPTH, redact: redactSecrets });
  if (faults.length > 0) {
    const inside = (inner: string) => (inner === '' ? field : `${field}.${inner}`);
    return { ok: false, errors: faults.map((fault) => ({ ...fault, field: inside(fault.field) })) };
  }
  return Buffer.byteLength(JSON.stringify(value)) > MAX_METADATA_BYTES
    ? refused(field, 'size', 'must be at most 8 KiB of JSON')
    : parsed(value as Record<string, unknown>);
}
