import type { EntryDocument, EntryWithIds, PricedDocument } from '#libs/audit';
import { printTable } from '../../print/table';

const MONEY = ['time', 'amount', 'total', 'model', 'key', 'user'];
const RECORD = ['event', 'position', 'by', 'corrects'];
const FIGURES = new Set([1, 2]);

/** In the order of time, with the sum after each. */
export function printEntries(entries: readonly EntryWithIds[]): string {
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
