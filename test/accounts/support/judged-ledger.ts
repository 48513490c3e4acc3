import {
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { keepToken } from '../../access/support/credentials';

export const user = (userId: string) => ({ type: 'user', userId });
export const key = (keyId: string) => ({ type: 'key', keyId });
export const team = (teamId: string, userId?: string) => ({ type: 'team', teamId, userId });

/** A ledger whose calls are judged by budgets of persons and labels, asked by a caller who may do everything. */
export class JudgedLedger {
  private constructor(
    private readonly db: TestDatabase,
    private readonly process: LedgerProcess,
    readonly http: HttpLedger,
  ) {}

  static async start(): Promise<JudgedLedger> {
    const db = await createTestDatabase();
    const process = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' },
    });
    const roles = ['record', 'check', 'admin', 'audit'] as const;
    const http = process.http.as(await keepToken(db.database, 'anybody', roles, {}));
    return new JudgedLedger(db, process, http);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.db.drop();
  }

  /** A caller who is bound to accounts. */
  async as(name: string, ...accounts: string[]): Promise<HttpLedger> {
    const roles = ['record', 'check', 'audit'] as const;
    return this.process.http.as(await keepToken(this.db.database, name, roles, { accounts }));
  }

  /** @returns a position that has it */
  async spend(scope: object, amount: string, data: object = {}): Promise<string> {
    const { status, body } = await this.http.record(scope, amount, {}, data);
    expect([status, body]).toEqual([201, expect.anything()]);
    return body.position as string;
  }

  async spent(account: string, minPosition: string): Promise<unknown> {
    return (await this.http.balance(account, minPosition)).body.spentAllTime;
  }

  async held(account: string): Promise<unknown> {
    return (await this.http.balance(account)).body.held;
  }

  async budget(id: string, account: string, limit: string | null, more: object = {}) {
    const { status, body } = await this.http.setBudget(id, account, limit, more);
    expect([status, body]).toEqual([201, expect.objectContaining({ applied: true })]);
  }

  /** What the command line makes of a decision that is kept. */
  async explain(decisionId: string): Promise<unknown> {
    await this.http.get(`/v1/decisions/${decisionId}`);
    const env = { DATABASE_URL: this.db.url };
    const { stdout } = await ledgerCommand(env, 'explain', decisionId, '--json');
    return JSON.parse(stdout);
  }

  remove(id: string): Promise<Answer> {
    return this.http.request('DELETE', `/v1/budgets/${id}`);
  }
}
