import type { Priced, RunningEntry } from '#libs/audit';
import { formatInstant, formatMoney, type Usage } from '#libs/ledger';
import { printTable } from '../../print/table';

/** An entry as the command prints it. */
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

type WithIds = EntryDocument & {
  readonly scope: { readonly keyId?: string; readonly userId?: string; readonly teamId?: string };
};

export function documentOfEntry(entry: RunningEntry): WithIds {
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

const MONEY = ['time', 'amount', 'total', 'model', 'key', 'user'];
const RECORD = ['event', 'position', 'by', 'corrects'];
const FIGURES = new Set([1, 2]);

/** In the order of time, with the sum after each. */
export function printEntries(entries: readonly WithIds[]): string {
  const isPriced = entries.some(({ priced }) => priced !== undefined);
  const areOfTeams = new Set(entries.map(({ scope }) => scope.teamId)).size > 1;
  const rows = entries.map((entry) => [
    entry.time,
    entry.amount ?? 'unknown',
    entry.total,
    entry.model ?? '',
    entry.scope.keyId ?? '',
    entry.scope.userId ?? '',
    ...(areOfTeams ? [entry.scope.teamId ?? ''] : []),
    `${entry.source} ${entry.id}`,
    entry.position,
    entry.caller,
    entry.corrects ? remarkOn(entry.corrects) : '',
    ...(isPriced ? [entry.priced ? printPriced(entry.priced) : ''] : []),
  ]);
  const header = [
    ...MONEY,
    ...(areOfTeams ? ['team'] : []),
    ...RECORD,
    ...(isPriced ? ['priced'] : []),
  ];
  return printTable(header, rows, FIGURES);
}

/** Such as `300 input × 1.25/M + 200 output × 10.00/M, by the prices 2026-11-30`: each for a million. */
function printPriced({ lines, prices, comesTo, agrees }: PricedDocument): string {
  if (comesTo === null) return `the prices ${prices} are not on record, or do not know the model`;
  const sum = lines.map(({ part, count, price }) =>
    part === 'perRequest' ? `${price} for the call` : `${count} ${part} × ${price}/M`,
  );
  const remark = agrees === true ? '' : `DIFFERS, comes to ${comesTo}: `;
  return `${remark}${sum.join(' + ') || 'nothing used'}, by the prices ${prices}`;
}

function remarkOn({ kind, source, id, reason }: NonNullable<EntryDocument['corrects']>): string {
  return `${kind === 'reverse' ? 'reverses' : 'amends'} ${source} ${id}: ${reason}`;
}

/** What the entries that are not listed come to. */
export function printEarlier(earlier: number): string {
  return `${earlier} earlier ${earlier === 1 ? 'entry is' : 'entries are'} not listed (--limit), and part of the totals.`;
}
