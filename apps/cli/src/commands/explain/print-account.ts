import { printTable } from '../../print/table';
import type { AccountDocument } from './account-document';
import { printEarlier, printEntries } from './entry-document';

type WindowDocument = AccountDocument['windows'][number];

export function printAccount({
  account,
  currency,
  windows,
  span,
  notCounted,
}: AccountDocument): string {
  const parts = windows.map((window) => printWindow(account, currency, window));
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
  const { calls, corrections, unpriced, earlier } = window;
  const counts = [
    `${calls} ${calls === 1 ? 'call' : 'calls'}`,
    ...(corrections > 0
      ? [`${corrections} ${corrections === 1 ? 'correction' : 'corrections'}`]
      : []),
    ...(unpriced > 0 ? [`${unpriced} of unknown cost`] : []),
  ];
  const budgets = window.budgets.length > 0 ? ` (${window.budgets.join(', ')})` : '';
  return [
    `${account}, ${boundsOf(window)}${budgets}: ${window.spent} ${currency} in ${counts.join(', ')}`,
    window.agrees
      ? 'That is what balances and checks read.'
      : `DIFFERS: balances and checks read ${window.balance}.`,
    ...(earlier > 0 ? ['', printEarlier(earlier)] : []),
    ...(window.entries.length > 0 ? ['', printEntries(window.entries)] : []),
  ].join('\n');
}

export function boundsOf({ start, end }: { start: string | null; end: string | null }): string {
  if (start === null) return end === null ? 'all time' : `before ${end}`;
  return end === null ? `from ${start} on` : `${start} to ${end}`;
}
