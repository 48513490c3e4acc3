import type { ExplainedAccount, ExplainedWindow } from '#libs/audit';
import { formatAccount, formatMoney, printWindow } from '#libs/ledger';
import { documentOfEntry } from './entry-document';

export type AccountDocument = ReturnType<typeof documentOfAccount>;

/** What `explain <account> --json` prints. */
export function documentOfAccount(explained: ExplainedAccount, currency: string) {
  return {
    account: formatAccount(explained.account),
    currency,
    position: explained.position,
    windows: explained.windows.map(documentOfWindow),
    span: printWindow(explained.span),
    notCounted: explained.notCounted.map(({ spentPico, ...rest }) => ({
      ...{ account: rest.account, spent: formatMoney(spentPico) },
      ...rest,
    })),
  };
}

function documentOfWindow(explained: ExplainedWindow) {
  const { window, budgetIds, spentPico, balancePico, entries } = explained;
  return {
    ...printWindow(window),
    budgets: budgetIds,
    spent: formatMoney(spentPico),
    balance: formatMoney(balancePico),
    agrees: spentPico === balancePico,
    calls: explained.calls,
    corrections: explained.corrections,
    unpriced: explained.unpriced,
    earlier: explained.earlier,
    entries: entries.map(documentOfEntry),
  };
}
