import {
  MOST_LABELS,
  isObject,
  labelFaults,
  labelNameFaults,
  memberPath,
  missing,
  parseId,
  parsed,
  refused,
  secretFaults,
  type FieldError,
  type Labels,
  type Parsed,
} from '#libs/ledger';
import type { CallFacts } from './call-facts';
import type { LabelRule } from './gateways-file';
import { takerOf } from './read-members';
import type { BodyValues } from './scan-body';
import { parseSource, readSource } from './sources';

/** What a call is for, as far as it says so, and what it says wrongly or leaves out; no fault says a value. */
export interface MappedLabels {
  readonly labels: Labels | undefined;
  readonly errors: readonly FieldError[];
}

/**
 * Reads `{"org": "header:x-org?"}`: where the labels of calls come from, in the order of their names.
 * @param known the names that this ledger accepts; `undefined`: any
 */
export function parseLabelRules(
  value: unknown,
  known: ReadonlySet<string> | undefined,
  field: string,
): Parsed<readonly LabelRule[]> {
  if (value === undefined) return parsed([]);
  if (!isObject(value)) {
    return refused(field, 'object', 'must be an object of names with one source each');
  }
  const names = Object.keys(value).sort();
  if (names.length > MOST_LABELS) {
    return refused(field, 'max_members', `must have at most ${MOST_LABELS} labels`);
  }
  const faults: FieldError[] = [];
  const take = takerOf(faults);
  const rules: LabelRule[] = [];
  for (const name of names) {
    const at = memberPath(field, name);
    faults.push(...labelNameFaults(name, at));
    const source = take(parseSource(value[name], at));
    if (source !== undefined) rules.push([name, source]);
  }
  const given = new Map(rules.map(([name, { text }]) => [name, text]));
  faults.push(...labelFaults(given, known, field));
  return faults.length > 0 ? { ok: false, errors: faults } : parsed(rules);
}

/** The labels of a call. One that must be there and is not is a fault; so is a value that is no id, an empty one too. */
export function mapLabels(
  rules: readonly LabelRule[],
  facts: CallFacts,
  body: BodyValues,
): MappedLabels {
  const labels = new Map<string, string>();
  const errors: FieldError[] = [];
  for (const [name, source] of rules) {
    const label = readLabel(memberPath('labels', name), readSource(source, facts, body));
    if (label === undefined) {
      if (!source.isOptional) errors.push(...faultsOf(missing(memberPath('labels', name))));
    } else if (label.ok) labels.set(name, label.value);
    else errors.push(...label.errors);
  }
  return { labels: labels.size === 0 ? undefined : labels, errors };
}

/** A secret is told as one, whatever else is wrong with it. */
function readLabel(field: string, value: string | undefined): Parsed<string> | undefined {
  if (value === undefined) return undefined;
  const secrets = secretFaults(value, field);
  return secrets.length > 0 ? { ok: false, errors: secrets } : parseId(value, field);
}

const faultsOf = (read: Parsed<never>): readonly FieldError[] => (read.ok ? [] : read.errors);
