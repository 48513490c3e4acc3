import { refused, type Parsed } from '#libs/ledger';
import { parseCost, type Cost } from '#libs/wire';

/** What a caller says that its call cost. What the ledger's own records say of a settle is not a caller's to say. */
export function parseSaidCost(given: Readonly<Record<string, unknown>>): Parsed<Cost> {
  const cost = parseCost(given, '');
  if (!cost.ok) return cost;
  const { metadata = {} } = cost.value;
  const isOurs = 'onExpiry' in metadata || PRICED.every((name) => name in metadata);
  return isOurs ? refused('metadata', 'reserved', RESERVED) : cost;
}

/** By these together a gateway's settle is computed again. */
const PRICED = ['gateway', 'prices', 'usage'] as const;
const RESERVED =
  'may not have onExpiry, nor gateway, prices and usage together: the ledger says these';
