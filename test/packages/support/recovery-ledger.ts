import type { Role } from '#libs/access';
import { waitUntil } from '#libs/testing';
import { accessCommand } from '../../access/support/credentials';
import { GatewayLedger } from '../../gateways/support/ledger';

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
  private constructor(private readonly ledger: GatewayLedger) {}

  static async start(): Promise<RecoveryLedger> {
    return new RecoveryLedger(await GatewayLedger.start());
  }

  get url(): string {
    return this.ledger.http.url;
  }

  /** Makes a token for a client. */
  keepToken(name: string, roles: readonly Role[]): Promise<string> {
    return this.ledger.keepToken(name, roles);
  }

  /** Gives a name another token, as an operator does; the old one ends at once. */
  async rotateToken(name: string): Promise<string> {
    const env = { DATABASE_URL: this.ledger.db.url };
    return ((await accessCommand(env, 'tokens', 'rotate', name)) as { token: string }).token;
  }

  setBudget(user: string, limit: string): Promise<void> {
    return this.ledger.setBudget(`user:${user}`, limit);
  }

  holds(user: string): Promise<readonly HoldOnRecord[]> {
    return this.ledger.http.items(`/v1/holds?account=user:${user}&pageSize=1000`);
  }

  /** What the user's balance says now. */
  async balance(user: string): Promise<{ spentAllTime: string; held: string; unpriced: number }> {
    return (await this.ledger.http.balance(`user:${user}`)).body as Awaited<
      ReturnType<RecoveryLedger['balance']>
    >;
  }

  /** What is on record of the user once all that was answered is in the balances. */
  async events(user: string): Promise<readonly EventOnRecord[]> {
    await waitUntil(`no hold of ${user} is on its way into the balances`, async () =>
      (await this.holds(user)).every(({ state }) => state !== 'settling'),
    );
    const position = await this.recordSentinel(user);
    const events = await this.ledger.http.items<EventOnRecord>(
      `/v1/events?account=user:${user}&pageSize=1000&minPosition=${encodeURIComponent(position)}`,
    );
    return events.filter(({ source }) => source !== SENTINEL);
  }

  stop(): Promise<void> {
    return this.ledger.stop();
  }

  /** An event of nothing, behind all others of the user. @returns its position */
  private async recordSentinel(user: string): Promise<string> {
    const scope = { type: 'user', userId: user };
    const { body } = await this.ledger.http.record(scope, '0', { source: SENTINEL });
    return (body as { position: string }).position;
  }
}
