import { printTable } from '../../print/table';
import type { AccountDocument } from '#libs/audit';
import { printEarlier, printEntries } from './print-entries';

type WindowDocument = AccountDocument['windows'][number];

export function printAccount({
  account,
  currency,
  windows,
  outside,
  span,
  notCounted,
}: AccountDocument): string {
  const parts = windows.map((window) => printWindow(account, currency, window));
  if (outside && outside.calls + outside.corrections > 0) {
    const which = windows.length === 1 ? 'this window' : 'these windows';
    parts.push(`Outside of ${which}: ${outside.spent} ${currency} in ${countsOf(outside)}.`);
  }
  if (notCounted.length > 0) {
    const rows = notCounted.map((other) => [
      other.account,
      other.spent,
      `${other.calls}${other.unpriced > 0 ? ` (${other.unpriced} of unknown cost)` : ''}`,
      `not counted: ${other.reason}`,
    ]);
    parts.push(
      [
        `Not in the balance of ${account}, ${boundsOf(span)}:`,
        printTable(['account', 'spent', 'calls', ''], rows, new Set([1, 2])),
      ].join('\n'),
    );
  }
  return parts.join('\n\n');
}

function printWindow(account: string, currency: string, window: WindowDocument): string {
  const { earlier } = window;
  const readers = readersOf(window);
  const budgets = window.budgets.length > 0 ? ` (${window.budgets.join(', ')})` : '';
  return [
    `${account}, ${boundsOf(window)}${budgets}: ${window.spent} ${currency} in ${countsOf(window)}`,
    window.agrees ? `That is what ${readers}.` : `DIFFERS: ${readers} ${window.balance}.`,
    ...(earlier > 0 ? ['', printEarlier(earlier)] : []),
    ...(window.entries.length > 0 ? ['', printEntries(window.entries)] : []),
  ].join('\n');
}

/** Of a window that no budget has nothing reads the sum, but of all time the balance. */
function readersOf({ budgets, start, end }: WindowDocument): string {
  if (budgets.length > 0) return 'balances and checks read';
  return start === null && end === null ? 'balances read' : 'the sums that are kept say';
}

type Counts = Pick<WindowDocument, 'calls' | 'corrections' | 'unpriced'>;

function countsOf({ calls, corrections, unpriced }: Counts): string {
  return [
    `${calls} ${calls === 1 ? 'call' : 'calls'}`,
    ...(corrections > 0
      ? [`${corrections} ${corrections === 1 ? 'correction' : 'corrections'}`]
      : []),
    ...(unpriced > 0 ? [`${unpriced} of unknown cost`] : []),
  ].join(', ');
}

export function boundsOf({ start, end }: { start: string | null; end: string | null }): string {
  if (start === null) return end === null ? 'all time' : `before ${end}`;
  return end === null ? `from ${start} on` : `${start} to ${end}`;
}
