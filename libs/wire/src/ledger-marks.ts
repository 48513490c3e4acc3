import canonicalize from 'canonicalize';
import { labelsInOrder, MOST_LABELS, parseLabels, printLabels, type Labels } from '#libs/ledger';

/** What of a CloudEvent says the marks. */
interface AttributesAndData {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** What the ledger says of a spend's labels beside its content. */
export interface LabelMarks {
  /** Those that it filled in when it recorded the spend; the spend says none of their names. */
  readonly ledgerLabels?: Labels;
  /** The amount was held on the pools of all its labels, and flips there. */
  readonly holdPools?: true;
}

/** Marks as attributes of a record. */
export function printMarks({ ledgerLabels, holdPools }: LabelMarks): Record<string, string> {
  return {
    ...(ledgerLabels === undefined
      ? {}
      : { ledgerlabels: canonicalize(printLabels(ledgerLabels))! }),
    ...(holdPools === true && { ledgerpools: 'yes' }),
  };
}

/**
 * The marks of a record. Before the ledger reserved these attributes, a producer's were kept like others: one that is not
 * just as the ledger writes it, where the ledger would, is a producer's still.
 */
export function readMarks({ attributes, data }: AttributesAndData): LabelMarks {
  const ledgerLabels = readLabels(attributes['ledgerlabels'], data);
  // What was held on labels that cannot be read must not flip on the others alone.
  const isWhole = attributes['ledgerlabels'] === undefined || ledgerLabels !== undefined;
  const isHeld =
    isWhole && attributes['ledgerpools'] === 'yes' && attributes['holdoutcome'] === 'settled';
  return {
    ...(ledgerLabels === undefined ? {} : { ledgerLabels }),
    ...(isHeld && { holdPools: true }),
  };
}

/** All labels that a spend is counted with: what it says, and what was filled in, in the order of their names. */
export function allLabels(
  said: Labels | undefined,
  filledIn: Labels | undefined,
): Labels | undefined {
  if (said === undefined || filledIn === undefined) return said ?? filledIn;
  return labelsInOrder([...filledIn, ...said]);
}

/** Those of the labels that others do not name. */
export function labelsWithout(
  labels: Labels | undefined,
  others: Labels | undefined,
): Labels | undefined {
  const left = [...(labels ?? [])].filter(([name]) => others?.has(name) !== true);
  return left.length === 0 ? undefined : labelsInOrder(left);
}

/** Those of a hold, and those of bindings. */
const MOST_FILLED_IN = 2 * MOST_LABELS;

function readLabels(text: unknown, data: unknown): Labels | undefined {
  if (typeof text !== 'string') return undefined;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  const labels = parseLabels(given, 'ledgerlabels', MOST_FILLED_IN);
  if (!labels.ok || labels.value === undefined) return undefined;
  if (canonicalize(printLabels(labels.value)) !== text) return undefined;
  const said = typeof data === 'object' && data !== null && 'labels' in data ? data.labels : {};
  const names = typeof said === 'object' && said !== null ? said : {};
  return [...labels.value.keys()].some((name) => Object.hasOwn(names, name))
    ? undefined
    : labels.value;
}
