import {
  documentOfAccount,
  documentOfDecision,
  explainAccount,
  explainDecision,
  isIdOfDecision,
  readCurrentWindows,
  type AccountDocument,
  type DecisionDocument,
} from '#libs/audit';
import type { Account, Window } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { ListReads } from '#libs/runtime';
import type { AuthParts } from '../auth-parts';

/** What `ledger explain --json` prints, for callers of the doors. */
export class Explainer {
  constructor(
    private readonly parts: Pick<AuthParts, 'partitions' | 'currency' | 'lists'>,
    private readonly reads: ListReads<Database>,
  ) {}

  /** @param window `undefined`: those that the account's budgets are in now */
  account(account: Account, window: Window | undefined): Promise<AccountDocument> {
    const { partitions, currency } = this.parts;
    return this.reads.read(async (database) => {
      const windows = window
        ? [{ window, budgetIds: [] }]
        : await readCurrentWindows(database, account, partitions);
      const explained = await explainAccount(database, account, windows, this.limits);
      return documentOfAccount(explained, currency);
    });
  }

  /** @returns `undefined`: there is no such decision, or no longer */
  async decision(decisionId: string): Promise<DecisionDocument | undefined> {
    if (!isIdOfDecision(decisionId)) return undefined;
    const explained = await this.reads.read((database) =>
      explainDecision(database, decisionId, this.limits),
    );
    return explained && documentOfDecision(explained);
  }

  private get limits() {
    return { partitions: this.parts.partitions, most: this.parts.lists.explainEntries };
  }
}
