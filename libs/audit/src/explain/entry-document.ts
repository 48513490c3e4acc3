import { formatInstant, formatMoney, type Usage } from '#libs/ledger';
import type { RunningEntry } from './explain-window';
import type { Priced } from './priced';

/** An entry as an explanation shows it. */
export interface EntryDocument {
  readonly source: string;
  readonly id: string;
  readonly kind: 'spend' | 'correction';
  readonly time: string;
  readonly scope: object;
  /** `null`: of unknown cost. */
  readonly amount: string | null;
  /** The sum up to and with it. */
  readonly total: string;
  readonly model: string | null;
  readonly knownAt: string;
  readonly caller: string;
  readonly position: string;
  /** How the amount came about, where it was not said. */
  readonly priced?: PricedDocument;
  readonly corrects?: {
    readonly source: string;
    readonly id: string;
    readonly kind: 'reverse' | 'amend';
    readonly reason: string;
    readonly at: string;
  };
}

/** What was used, and what that comes to by the prices that the record names. */
export interface PricedDocument {
  readonly usage: Usage;
  readonly prices: string;
  /** The price in force then counts. */
  readonly at: string;
  /** Each kind of token at its price for a million, `perRequest` at that for one call. */
  readonly lines: readonly {
    readonly part: string;
    readonly count: number;
    readonly price: string;
    readonly cost: string;
  }[];
  /** `null`: the prices are not on record, or have none for the model. */
  readonly comesTo: string | null;
  /** `null` likewise. */
  readonly agrees: boolean | null;
}

export type EntryWithIds = EntryDocument & {
  readonly scope: { readonly keyId?: string; readonly userId?: string; readonly teamId?: string };
};

export function documentOfEntry(entry: RunningEntry): EntryWithIds {
  const { corrects } = entry;
  return {
    source: entry.source,
    id: entry.id,
    kind: corrects ? 'correction' : 'spend',
    time: formatInstant(entry.time),
    scope: entry.scope,
    amount: entry.amountPico === undefined ? null : formatMoney(entry.amountPico),
    total: formatMoney(entry.totalPico),
    model: entry.model,
    knownAt: formatInstant(entry.knownAt),
    caller: entry.caller,
    position: entry.position,
    ...(entry.priced && { priced: documentOfPriced(entry.priced, entry.amountPico) }),
    ...(corrects && { corrects: { ...corrects, at: formatInstant(corrects.at) } }),
  };
}

function documentOfPriced(priced: Priced, amountPico: bigint | undefined): PricedDocument {
  const { usage, version, at, lines, comesToPico } = priced;
  return {
    usage,
    prices: version,
    at: formatInstant(at),
    lines: lines.map(({ part, count, eachPico, costPico }) => ({
      part,
      count,
      cost: formatMoney(costPico),
      price: formatMoney(part === 'perRequest' ? eachPico : eachPico * 1_000_000n),
    })),
    comesTo: comesToPico === undefined ? null : formatMoney(comesToPico),
    agrees: comesToPico === undefined ? null : comesToPico === amountPico,
  };
}
