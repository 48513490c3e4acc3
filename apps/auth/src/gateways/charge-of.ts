import type { GatewayRules, SaidUsage, WithoutUsage } from '#libs/gateways';
import { costPico, priceOf, type Instant, type PriceBook, type Usage } from '#libs/ledger';
import type { Cost } from '#libs/wire';

/** How a call ended, as its gateway reports it. */
export type CallEnd =
  /** With an answer of the upstream that is no error. */
  | 'answered'
  /** The upstream got no byte of it. */
  | 'not_sent'
  /** With an error of the upstream's own. */
  | 'upstream_error'
  /** The client left, the upstream broke off, or the gateway gave up after the upstream had got the call. */
  | 'interrupted';

export interface EndedCall {
  readonly rules: ChargeRules;
  /** Of HTTP; 0: there was none. */
  readonly status: number;
  readonly end: CallEnd;
  readonly usage: SaidUsage;
  /** That the answer names, or else that was asked for. */
  readonly model: string | undefined;
}

type ChargeRules = Pick<
  GatewayRules,
  'name' | 'onUpstreamError' | 'onInterrupted' | 'onMissingUsage'
>;

/** Why a call is charged as it is; the record says it. */
export type Why =
  'usage' | 'absurd_usage' | 'no_price' | 'missing_usage' | Exclude<CallEnd, 'answered'>;

/** `none`: nothing is recorded, and what is held is released. */
export type Charge =
  | { readonly basis: 'none' }
  | { readonly basis: 'exact'; readonly usage: Usage }
  | { readonly basis: 'estimated' | 'unknown'; readonly why: Why };

/** The first that fits: what the usage says, then how the call ended. */
export function chargeOf({ rules, end, usage }: EndedCall): Charge {
  if (usage === 'absurd') return { basis: 'unknown', why: 'absurd_usage' };
  if (usage !== undefined) return { basis: 'exact', usage };
  switch (end) {
    case 'not_sent':
      return { basis: 'none' };
    case 'upstream_error':
      return rules.onUpstreamError === 'release'
        ? { basis: 'none' }
        : { basis: 'estimated', why: end };
    case 'interrupted':
      return without(rules.onInterrupted, end);
    case 'answered':
      return without(rules.onMissingUsage, 'missing_usage');
  }
}

function without(rule: WithoutUsage, why: Why): Charge {
  switch (rule) {
    case 'release':
      return { basis: 'none' };
    case 'estimate':
      return { basis: 'estimated', why };
    case 'unknown':
      return { basis: 'unknown', why };
  }
}

export interface Grounds {
  readonly book: PriceBook | undefined;
  /** When the call was admitted. */
  readonly at: Instant;
  /** What is held; `undefined`: nobody has estimated the cost. */
  readonly estimatePico: bigint | undefined;
}

/** What a call cost and what its record says of it; what cannot be priced is of unknown cost, never of none. */
export function costOf(
  charge: Exclude<Charge, { basis: 'none' }>,
  { rules, status, model }: EndedCall,
  { book, at, estimatePico }: Grounds,
): Cost {
  const named = model === undefined ? {} : { model };
  const prices = book === undefined ? {} : { prices: book.version };
  const said = { gateway: rules.name, ...prices, ...(status > 0 && { status }) };
  if (charge.basis !== 'exact') {
    const { why } = charge;
    return charge.basis === 'estimated' && estimatePico !== undefined
      ? { ...named, basis: 'estimated', amountPico: estimatePico, metadata: { ...said, why } }
      : { ...named, basis: 'unknown', metadata: { ...said, why } };
  }
  const { usage } = charge;
  const price = book === undefined || model === undefined ? undefined : priceOf(book, model, at);
  const why: Why = price === undefined ? 'no_price' : 'usage';
  const metadata = { ...said, usage: { ...usage }, why };
  return price === undefined
    ? { ...named, basis: 'unknown', metadata }
    : { ...named, basis: 'exact', amountPico: costPico(price, usage), metadata };
}
