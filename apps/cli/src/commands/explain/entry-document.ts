import type { RunningEntry } from '#libs/audit';
import { formatInstant, formatMoney } from '#libs/ledger';
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
  readonly corrects?: {
    readonly source: string;
    readonly id: string;
    readonly kind: 'reverse' | 'amend';
    readonly reason: string;
    readonly at: string;
  };
}

type WithIds = EntryDocument & {
  readonly scope: { readonly keyId?: string; readonly userId?: string };
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
    ...(corrects && { corrects: { ...corrects, at: formatInstant(corrects.at) } }),
  };
}

const HEADER = [
  ...['time', 'amount', 'total', 'model', 'key', 'user'],
  ...['event', 'position', 'by', 'corrects'],
];
const FIGURES = new Set([1, 2]);

/** In the order of time, with the sum after each. */
export function printEntries(entries: readonly WithIds[]): string {
  const rows = entries.map((entry) => [
    entry.time,
    entry.amount ?? 'unknown',
    entry.total,
    entry.model ?? '',
    entry.scope.keyId ?? '',
    entry.scope.userId ?? '',
    `${entry.source} ${entry.id}`,
    entry.position,
    entry.caller,
    entry.corrects ? remarkOn(entry.corrects) : '',
  ]);
  return printTable(HEADER, rows, FIGURES);
}

function remarkOn({ kind, source, id, reason }: NonNullable<EntryDocument['corrects']>): string {
  return `${kind === 'reverse' ? 'reverses' : 'amends'} ${source} ${id}: ${reason}`;
}

/** What the entries that are not listed come to. */
export function printEarlier(earlier: number): string {
  return `${earlier} earlier ${earlier === 1 ? 'entry is' : 'entries are'} not listed (--limit), and part of the totals.`;
}
