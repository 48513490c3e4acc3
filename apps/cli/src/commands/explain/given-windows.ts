import { readLedgerNow } from '#libs/balances';
import { readCurrentWindows, type WindowAsked } from '#libs/audit';
import { monthAt, parseNamedWindow, type Account, type Window } from '#libs/ledger';
import type { Given } from '../../command';
import { CommandRefused } from '../../command-refused';
import { givenZone } from '../../given-month';
import { givenTime } from '../../given-time';
import type { Projection } from '../../open-ledger';

/** The window that was asked for; `undefined`: none was. @throws CommandRefused */
export function givenWindow({ options }: Given): Window | undefined {
  const from = givenTime(options, 'from');
  const to = givenTime(options, 'to');
  const zone = givenZone(options);
  const named = options['window'];
  if (named === undefined) {
    if (from === undefined && to === undefined) return undefined;
    if (from !== undefined && to !== undefined && from >= to) {
      throw new CommandRefused('--from must be before --to.');
    }
    return { start: from ?? null, end: to ?? null };
  }
  if (from !== undefined || to !== undefined) {
    throw new CommandRefused('Say either --window, or --from and --to.');
  }
  const window = parseNamedWindow(named, zone, '--window');
  if (window.ok) return window.value;
  throw new CommandRefused(`--window ${window.errors[0]!.message}, and is "${String(named)}".`);
}

/** The windows that the account's budgets are in now, or else the month. */
export async function currentWindows(
  { database, facts }: Projection,
  account: Account,
  zone: string,
): Promise<readonly WindowAsked[]> {
  const ofBudgets = await readCurrentWindows(database, account, facts.partitions);
  if (ofBudgets.length > 0) return ofBudgets;
  const month = monthAt(await readLedgerNow(database.kysely), zone);
  if (!month.ok) throw new CommandRefused(month.errors[0]!.message);
  return [{ window: month.value.window, budgetIds: [] }];
}
