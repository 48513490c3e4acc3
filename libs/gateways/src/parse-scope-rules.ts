import {
  isObject,
  missing,
  parsed,
  refused,
  strangersOf,
  type FieldError,
  type Parsed,
} from '#libs/ledger';
import type { ScopeRule } from './gateways-file';
import { eachOf, takerOf } from './read-members';
import { parseSource, type Source } from './sources';

/** Which ids a scope of each type has; the first of them it must have. */
const SCOPE_IDS = {
  key: ['keyId'],
  user: ['userId', 'keyId'],
  team: ['teamId', 'userId', 'keyId'],
} as const;

/** Reads the rules that say whose budget a call spends: one at least. */
export function parseScopeRules(value: unknown, field: string): Parsed<readonly ScopeRule[]> {
  if (value === undefined) return missing(field);
  const rules = eachOf(value, field, parseScopeRule);
  if (rules.ok && rules.value.length === 0) {
    return refused(field, 'list', 'must have at least one rule');
  }
  return rules;
}

function parseScopeRule(value: unknown, field: string): Parsed<ScopeRule> {
  if (!isObject(value)) return refused(field, 'object', 'must be an object with a type and ids');
  const { type } = value;
  if (type !== 'key' && type !== 'user' && type !== 'team') {
    return refused(`${field}.type`, 'one_of', 'must be one of key, user, team');
  }
  const [required, ...optional] = SCOPE_IDS[type];
  const faults = strangersOf(
    value,
    ['type', required, ...optional],
    field,
    `a ${type} scope does not have it`,
  );
  const take = takerOf(faults);
  const ids: (readonly ['teamId' | 'userId' | 'keyId', Source])[] = [];
  for (const name of [required, ...optional]) {
    const at = `${field}.${name}`;
    if (value[name] === undefined) {
      if (name === required) faults.push(...errorsOf(missing(at)));
      continue;
    }
    const source = take(parseSource(value[name], at));
    if (source === undefined) continue;
    if (name === required && source.isOptional) {
      const message = `may not be missing in a ${type} scope, so it has no question mark`;
      faults.push({ field: at, rule: 'required', message });
    }
    ids.push([name, source]);
  }
  return faults.length > 0 ? { ok: false, errors: faults } : parsed({ type, ids });
}

const errorsOf = (read: Parsed<never>): readonly FieldError[] => (read.ok ? [] : read.errors);
