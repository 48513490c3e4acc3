import { formatAccount, formatMoney, printWindow } from '#libs/ledger';
import { documentOfEntry } from './entry-document';
import type { ExplainedAccount } from './explain-account';
import type { EntrySums, ExplainedWindow } from './explain-window';

export type AccountDocument = ReturnType<typeof documentOfAccount>;

/** What `explain <account> --json` prints. */
export function documentOfAccount(explained: ExplainedAccount, currency: string) {
  return {
    account: formatAccount(explained.account),
    currency,
    position: explained.position,
    windows: explained.windows.map(documentOfWindow),
    outside: explained.outside ? documentOfSums(explained.outside) : null,
    span: printWindow(explained.span),
    notCounted: explained.notCounted.map(({ account, spentPico, ...rest }) => ({
      account,
      spent: formatMoney(spentPico),
      ...rest,
    })),
  };
}

function documentOfSums({ spentPico, calls, corrections, unpriced }: EntrySums) {
  return { spent: formatMoney(spentPico), calls, corrections, unpriced };
}

function documentOfWindow(explained: ExplainedWindow) {
  const { window, budgetIds, spentPico, balancePico, entries } = explained;
  return {
    ...printWindow(window),
    budgets: budgetIds,
    ...documentOfSums(explained),
    balance: formatMoney(balancePico),
    agrees: spentPico === balancePico,
    earlier: explained.earlier,
    entries: entries.map(documentOfEntry),
  };
}
