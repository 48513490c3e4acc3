import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };

/** A ledger that has done one of everything, and what it says of itself. */
export class BusyLedger {
  private constructor(
    private readonly db: TestDatabase,
    readonly ledger: LedgerProcess,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<BusyLedger> {
    const db = await createTestDatabase({ ledger: false });
    const ledger = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, VERIFY_EVERY: 'PT1S', BUDGET_METRICS: 'alice,open', ...env },
    });
    const busy = new BusyLedger(db, ledger);
    await busy.work();
    return busy;
  }

  async scrape(): Promise<string> {
    return (await fetch(`${this.ledger.httpUrl}/metrics`)).text();
  }

  async stop(): Promise<void> {
    await this.ledger.stop();
    await this.db.drop();
  }

  private async work(): Promise<void> {
    const { http } = this.ledger;
    await http.setBudget('alice', 'user:alice', '10.00');
    await http.setBudget('open', 'user:bob', null);
    await http.record(ALICE, '1.50');
    await http.record(ALICE, undefined, {}, {});
    await http.check(ALICE);
    await http.check(ALICE, { estimate: '100' });
    const held = await http.hold(ALICE, '2');
    await http.settle(held.body.holdId as string, '2');
    await http.hold(ALICE, '0.25');
    const grpc = this.ledger.grpc();
    await grpc.call('BudgetService', 'Check', { scope: { user: { user_id: 'alice' } } });
    await grpc.call('BudgetService', 'Check', {}).catch(() => undefined);
    grpc.close();
    await waitUntil('all is projected and verified', async () => {
      const text = await this.scrape();
      return (
        /^ledger_budget_spent\{budget_id="alice",account="user:alice"\} 3.5$/m.test(text) &&
        /^projector_verify_last_success_timestamp_seconds [1-9]/m.test(text)
      );
    });
  }
}
