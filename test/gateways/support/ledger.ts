import { resolve } from 'node:path';
import {
  createTestDatabase,
  freePort,
  LedgerProcess,
  PROJECT_FOLDER,
  waitUntil,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import type { Bindings, Role } from '#libs/access';
import { keepToken } from '../../access/support/credentials';

const FILES = resolve(PROJECT_FOLDER, 'docs/gateways');

/** The whole ledger in a process of its own, closed to strangers, with the files of `docs/gateways/`. */
export class GatewayLedger {
  private constructor(
    readonly db: TestDatabase,
    private readonly env: Readonly<Record<string, string>>,
    /** What the gateways show. */
    readonly token: string,
    private readonly operator: string,
    private process: LedgerProcess,
  ) {}

  /** @param env is set beside what a gateway needs */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<GatewayLedger> {
    const db = await createTestDatabase();
    const token = await keepToken(db.database, 'gateway', ['check', 'record']);
    const operator = await keepToken(db.database, 'operator', [
      'admin',
      'audit',
      'record',
      'check',
    ]);
    const whole = {
      DATABASE_URL: db.url,
      INSECURE_NO_AUTH: '',
      // It keeps its ports over a restart.
      HTTP_PORT: String(await freePort()),
      GRPC_PORT: String(await freePort()),
      GATEWAYS_FILE: resolve(FILES, 'gateways.yaml'),
      PRICES_FILE: resolve(FILES, 'prices.yaml'),
      ...env,
    };
    const process = await LedgerProcess.start({ env: whole });
    return new GatewayLedger(db, whole, token, operator, process);
  }

  /** Makes a token for another gateway. */
  keepToken(name: string, roles: readonly Role[], bound: Partial<Bindings> = {}): Promise<string> {
    return keepToken(this.db.database, name, roles, bound);
  }

  get httpPort(): number {
    return Number(this.env['HTTP_PORT']);
  }

  get grpcPort(): number {
    return Number(this.env['GRPC_PORT']);
  }

  /** As its operator. */
  get http(): HttpLedger {
    return this.process.http.as(this.operator);
  }

  get output(): string {
    return this.process.output;
  }

  async setBudget(account: string, limit: string): Promise<void> {
    const { status, body } = await this.http.setBudget(account.replace(/\W/g, '-'), account, limit);
    if (status >= 300) throw new Error(JSON.stringify(body));
  }

  /** Waits until the account has spent so much and holds nothing. */
  async hasSpent(account: string, amount: string): Promise<void> {
    let last: unknown;
    await waitUntil(`${account} has spent ${amount} and holds nothing`, async () => {
      const { body } = await this.http.balance(account);
      const { spentAllTime, held } = body as { spentAllTime: string; held: string };
      last = { spentAllTime, held };
      return Number(spentAllTime) === Number(amount) && Number(held) === 0;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`, { cause: error });
    });
  }

  /** What is held for the account now, as a decimal. */
  async held(account: string): Promise<string> {
    const { body } = await this.http.balance(account);
    return (body as { held: string }).held;
  }

  signal(name: NodeJS.Signals): void {
    this.process.child.kill(name);
  }

  /** Ends the process, and leaves what it has recorded. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.process.stop(signal);
  }

  /** Starts it again at the same addresses. */
  async restart(): Promise<void> {
    this.process = await LedgerProcess.start({ env: this.env });
  }

  async stop(): Promise<void> {
    await this.end();
    await this.db.drop();
  }
}
