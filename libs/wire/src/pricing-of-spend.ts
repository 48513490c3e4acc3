import { createdAtOfHoldId, parseUsage, type Instant, type Spend, type Usage } from '#libs/ledger';
import { GATEWAY_SOURCES, HOLDS_SOURCE } from './event-type';

/** How the ledger came to the amount of a spend, as its record says: from this it can be computed again. */
export interface Pricing {
  readonly usage: Usage;
  readonly model: string;
  /** The version of the prices. */
  readonly version: string;
  /** The price that was in force then counts. */
  readonly at: Instant;
}

/** Of a spend what says it. */
export type PricedSpend = Pick<
  Spend,
  'source' | 'id' | 'time' | 'amountPico' | 'basis' | 'usage' | 'pricedBy' | 'model' | 'metadata'
>;

/**
 * `undefined`: the amount was said, or is unknown. A spend that said its usage was priced at the time of the call, and
 * a hold's at the hold's; a gateway's door has priced what it reports, and says so in the metadata.
 */
export function pricingOf(spend: PricedSpend): Pricing | undefined {
  const { amountPico, basis, model } = spend;
  if (amountPico === undefined || model === undefined) return undefined;
  const at = pricedAt(spend);
  if (spend.usage !== undefined) {
    const { usage, pricedBy: version } = spend;
    return version === undefined ? undefined : { usage, model, version, at };
  }
  const { gateway, prices: version, usage: given } = spend.metadata ?? {};
  const isOfGateway = typeof gateway === 'string' && typeof version === 'string';
  if (!isOfGateway || !isReportedByGateway(spend) || basis !== 'exact') return undefined;
  const usage = parseUsage(given, 'metadata.usage');
  return usage.ok ? { usage: usage.value, model, version, at } : undefined;
}

function isReportedByGateway({ source }: PricedSpend): boolean {
  return source === HOLDS_SOURCE || source.startsWith(GATEWAY_SOURCES);
}

function pricedAt({ source, id, time }: PricedSpend): Instant {
  return source === HOLDS_SOURCE ? (createdAtOfHoldId(id) ?? time) : time;
}
