import { parseId } from './id';
import { isObject } from './members';
import { faultsOfEach, parsed, refused, type FieldError, type Parsed } from './result';
import { memberPath } from './secret';

/** What a call is for, as its caller says: one value for each name, in the order of the names. Never empty. */
export type Labels = ReadonlyMap<string, string>;

export const MOST_LABELS = 8;
const NAME = /^[a-z][a-z0-9_.-]{0,62}$/;

/** What a name of a label is, as messages say it. */
export const LABEL_NAME_FORM = '1 to 63 of a-z 0-9 _ . -, a letter first';

/** The name of a label: 1 to 63 lower-case letters, digits or `_ . -`, a letter first. */
export function isLabelName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Reads `{"org": "acme"}`: at most 8 names, each with one value, which is an id.
 * @returns `undefined` for `{}`, which says as much as nothing
 */
export function parseLabels(
  value: unknown,
  field: string,
  most = MOST_LABELS,
): Parsed<Labels | undefined> {
  if (!isObject(value)) {
    return refused(field, 'object', 'must be an object of names with one value each');
  }
  const names = Object.keys(value);
  if (names.length > most) {
    return refused(field, 'max_members', `must have at most ${most} labels`);
  }
  const errors: FieldError[] = [];
  const labels = new Map<string, string>();
  for (const name of names.sort()) {
    const path = memberPath(field, name);
    errors.push(...labelNameFaults(name, path));
    const id = parseId(value[name], path);
    if (id.ok) labels.set(name, id.value);
    else errors.push(...id.errors);
  }
  if (errors.length > 0) return { ok: false, errors };
  return parsed(labels.size === 0 ? undefined : labels);
}

/** The fault of a label whose name is none. */
export function labelNameFaults(name: string, field: string): FieldError[] {
  if (isLabelName(name)) return [];
  return [{ field, rule: 'label_name', message: `must have a name of ${LABEL_NAME_FORM}` }];
}

/** The faults of labels whose names are not among those that a ledger accepts; without `known` it accepts all. */
export function labelFaults(
  labels: Labels | undefined,
  known: ReadonlySet<string> | undefined,
  field: string,
): FieldError[] {
  if (labels === undefined || known === undefined) return [];
  const strange = [...labels.keys()].filter((name) => !known.has(name));
  return faultsOfEach(strange, (name) => ({
    field: memberPath(field, name),
    rule: 'one_of',
    message: `must be one of the labels of this ledger: ${[...known].join(', ') || 'it has none'}`,
  }));
}

/** Labels in the order of their names; of two with one name the last one counts. */
export function labelsInOrder(labels: Iterable<readonly [name: string, value: string]>): Labels {
  return new Map([...new Map(labels)].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Labels as JSON has them. */
export function printLabels(labels: Labels): Readonly<Record<string, string>> {
  return Object.fromEntries(labels);
}
