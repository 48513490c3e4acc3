import type { Role } from '#libs/access';
import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { accessCommand, keepToken } from '../../access/support/credentials';

/** What is on record of one user, as `GET /v1/events` gives it. */
export interface EventOnRecord {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly data: { readonly amount?: string; readonly basis?: string };
}

export interface HoldOnRecord {
  readonly holdId: string;
  readonly amount: string;
  readonly state: string;
  readonly expiresAt: string;
  readonly settledBy: { readonly late: boolean; readonly amount: string | null } | null;
}

const SENTINEL = 'sentinel';

/** A real ledger, closed to strangers, whom the runner asks what is true. */
export class RecoveryLedger {
  private constructor(
    private readonly db: TestDatabase,
    private readonly process: LedgerProcess,
    private readonly operator: HttpLedger,
  ) {}

  static async start(): Promise<RecoveryLedger> {
    const db = await createTestDatabase();
    const token = await keepToken(db.database, 'operator', ['admin', 'audit', 'record', 'check']);
    const process = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' },
    });
    return new RecoveryLedger(db, process, process.http.as(token));
  }

  get url(): string {
    return this.process.httpUrl;
  }

  /** Makes a token for a client. */
  keepToken(name: string, roles: readonly Role[]): Promise<string> {
    return keepToken(this.db.database, name, roles);
  }

  /** Gives a name another token, as an operator does; the old one ends at once. */
  async rotateToken(name: string): Promise<string> {
    const env = { DATABASE_URL: this.db.url };
    return ((await accessCommand(env, 'tokens', 'rotate', name)) as { token: string }).token;
  }

  async setBudget(user: string, limit: string): Promise<void> {
    const { status, body } = await this.operator.setBudget(user, `user:${user}`, limit);
    if (status >= 300) throw new Error(JSON.stringify(body));
  }

  async holds(user: string): Promise<readonly HoldOnRecord[]> {
    return this.items<HoldOnRecord>(`/v1/holds?account=user:${user}`);
  }

  /** What the user's balance says now. */
  async balance(user: string): Promise<{ spentAllTime: string; held: string; unpriced: number }> {
    return (await this.operator.balance(`user:${user}`)).body as Awaited<
      ReturnType<RecoveryLedger['balance']>
    >;
  }

  /** What is on record of the user once all that was answered is in the balances. */
  async events(user: string): Promise<readonly EventOnRecord[]> {
    await waitUntil(`no hold of ${user} is on its way into the balances`, async () =>
      (await this.holds(user)).every(({ state }) => state !== 'settling'),
    );
    const position = await this.recordSentinel(user);
    const events = await this.items<EventOnRecord>(
      `/v1/events?account=user:${user}&minPosition=${encodeURIComponent(position)}`,
    );
    return events.filter(({ source }) => source !== SENTINEL);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.db.drop();
  }

  /** An event of nothing, behind all others of the user. @returns its position */
  private async recordSentinel(user: string): Promise<string> {
    const scope = { type: 'user', userId: user };
    const { body } = await this.operator.record(scope, '0', { source: SENTINEL });
    return (body as { position: string }).position;
  }

  private async items<T>(path: string): Promise<readonly T[]> {
    const items: T[] = [];
    let pageToken: string | null = '';
    while (pageToken !== null) {
      const token: string = pageToken && `&pageToken=${encodeURIComponent(pageToken)}`;
      const { status, body } = await this.operator.get(`${path}&pageSize=1000${token}`);
      if (status !== 200) throw new Error(JSON.stringify(body));
      const page = body as { items: T[]; nextPageToken: string | null };
      items.push(...page.items);
      pageToken = page.nextPageToken || null;
    }
    return items;
  }
}
