import { LedgerProcess, OwnPostgres, positionOf, type Answer } from '#libs/testing';

export const user = (userId: string) => ({ type: 'user', userId });

/** Three processes on a Postgres of their own that a spec takes away, and accounts that an outage treats in all its ways. */
export class OutageLedger {
  private constructor(
    readonly postgres: OwnPostgres,
    readonly projector: LedgerProcess,
    readonly ingest: LedgerProcess,
    readonly auth: LedgerProcess,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<OutageLedger> {
    const postgres = await OwnPostgres.start();
    const all = { DATABASE_URL: postgres.url, ...env };
    const projector = await LedgerProcess.openReady({ app: 'projector', env: all });
    const ingest = await LedgerProcess.openReady({ app: 'ingest', env: all });
    const auth = await LedgerProcess.openReady({ app: 'auth', env: all });
    return new OutageLedger(postgres, projector, ingest, auth);
  }

  /**
   * Sets a budget on a user of the same name, spends on it, and lets auth read it.
   * @returns the position of it all
   */
  async budget(
    userId: string,
    limit: string | null,
    spent: string,
    more: object = {},
  ): Promise<string> {
    const set = await this.ingest.http.setBudget(`b-${userId}`, `user:${userId}`, limit, more);
    return this.spend(userId, spent, [set]);
  }

  /** @returns the position of the spend and of these answers, which auth has read */
  async spend(userId: string, amount: string, answers: readonly Answer[] = []): Promise<string> {
    const time = new Date().toISOString();
    const recorded = await this.ingest.http.record(user(userId), amount, { time });
    const minPosition = positionOf([...answers, recorded]);
    const check = await this.auth.http.check(user(userId), { minPosition });
    if (check.status !== 200) throw new Error(`read nothing of ${userId}: ${check.status}`);
    return minPosition;
  }

  /** @returns the decision on a user; every check is answered, whatever has happened */
  async check(userId: string, estimate?: string): Promise<Answer['body']> {
    const { status, body } = await this.auth.http.check(user(userId), { estimate });
    if (status !== 200) throw new Error(`a check was answered with ${status}`);
    return body;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.auth.httpUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  async remove(): Promise<void> {
    await this.postgres.thaw().catch(() => undefined);
    for (const app of [this.auth, this.ingest, this.projector]) await app.stop('SIGKILL');
    await this.postgres.remove();
  }
}
