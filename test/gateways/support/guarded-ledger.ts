import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpLedger } from '#libs/testing';
import {
  createTestDatabase,
  freePort,
  LedgerProcess,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { keepToken } from '../../access/support/credentials';
import { ModelUpstream } from './model-upstream';
import type { ProxySettings } from './proxy-process';

/** Input and output cost 1 and 2 a token. */
export const MODEL = 'm-1';
const PRICES = {
  version: '1',
  currency: 'USD',
  models: [{ match: MODEL, input: '1000000.00', output: '2000000.00' }],
};

/** A ledger with gateways, closed unless said otherwise, and an upstream that it guards. */
export class GuardedLedger {
  private constructor(
    private readonly db: TestDatabase,
    private readonly folder: string,
    private readonly env: Readonly<Record<string, string>>,
    readonly httpPort: number,
    readonly upstream: ModelUpstream,
    public process: LedgerProcess,
    /** With the role `check`. */
    readonly token: string,
    /** May do everything else. */
    readonly operator: HttpLedger,
  ) {}

  /** @param gateways what GATEWAYS_FILE has under this name */
  static async start(gateways: object, { isOpen = false } = {}): Promise<GuardedLedger> {
    const db = await createTestDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-gateways-'));
    const httpPort = await freePort();
    const [GATEWAYS_FILE, PRICES_FILE] = [
      join(folder, 'gateways.json'),
      join(folder, 'prices.json'),
    ];
    await writeFile(GATEWAYS_FILE, JSON.stringify({ version: 1, gateways }));
    await writeFile(PRICES_FILE, JSON.stringify(PRICES));
    const env = {
      DATABASE_URL: db.url,
      HTTP_PORT: String(httpPort),
      INSECURE_NO_AUTH: isOpen ? '1' : '',
      GATEWAYS_FILE,
      PRICES_FILE,
    };
    const process = await LedgerProcess.start({ env });
    const token = await keepToken(db.database, 'proxy', ['check']);
    const ops = await keepToken(db.database, 'operator', ['admin', 'audit', 'record', 'check']);
    const upstream = await ModelUpstream.start();
    const operator = process.http.as(ops);
    return new GuardedLedger(db, folder, env, httpPort, upstream, process, token, operator);
  }

  async stop(): Promise<void> {
    await this.upstream.close();
    await this.process.stop();
    await this.db.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What a proxy before it is started with. */
  get forProxy(): ProxySettings {
    const { httpPort: ledgerPort, upstream, token } = this;
    return { ledgerPort, upstreamPort: upstream.port, token };
  }

  /** After its process has ended. */
  async startAgain(): Promise<void> {
    this.process = await LedgerProcess.start({ env: this.env });
  }

  /** A user of the spec's own with a budget. @returns who it is */
  async userWith(name: string, limit: string): Promise<string> {
    const { status } = await this.operator.setBudget(name, `user:${name}`, limit);
    expect(status).toBe(201);
    return name;
  }

  keepToken(name: string, role: 'record' | 'check'): Promise<string> {
    return keepToken(this.db.database, name, [role]);
  }

  /** What was spent by a user, and is held. */
  async balanceOf(user: string): Promise<{ spent: string; held: string; unpriced: number }> {
    const { status, body }: Answer = await this.operator.balance(`user:${user}`);
    expect(status).toBe(200);
    const { spentAllTime, held, unpriced } = body;
    return { spent: spentAllTime, held, unpriced };
  }

  /** Waits until a user's balance is as it should become. */
  async untilBalance(
    user: string,
    wanted: { spent: string; held: string; unpriced?: number },
  ): Promise<void> {
    let last: unknown;
    const isThere = async () => {
      const balance = await this.balanceOf(user);
      last = balance;
      return Object.entries(wanted).every(
        ([name, value]) => balance[name as keyof typeof balance] === value,
      );
    };
    await waitUntil(`${user} has ${JSON.stringify(wanted)}`, isThere).catch((error: unknown) => {
      throw new Error(`${String(error)}, but ${JSON.stringify(last)}`, { cause: error });
    });
  }
}
