import { createTestDatabase, waitUntil, type Answer, type TestDatabase } from '#libs/testing';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { GatewayLedger } from '../../gateways/support/ledger';
import { installLitellm } from './litellm-kit';
import { LitellmProxy } from './litellm-proxy';
import { MASTER_KEY } from './models';
import { PaidUpstream, type Wanted } from './paid-upstream';

export interface HookedSettings {
  /** Without LiteLLM's database there is its master key alone, and a start takes a third of the time. */
  readonly hasDatabase?: boolean;
  /** Statements that LiteLLM's database meets before LiteLLM does. */
  readonly seed?: string;
  readonly hook?: Readonly<Record<string, string>>;
  readonly workers?: number;
}

export interface Asked {
  readonly path?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of the body beside the model and the prompt. */
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** The balance of an account, as far as specs look at it. */
export interface Spent {
  readonly spentAllTime: string;
  readonly held: string;
  readonly unpriced: number;
}

/** A ledger, an upstream that counts, and a LiteLLM between them with the hook. */
export class HookedLitellm {
  private constructor(
    readonly ledger: GatewayLedger,
    readonly upstream: PaidUpstream,
    readonly proxy: LitellmProxy,
    private readonly db: TestDatabase | undefined,
  ) {}

  static async start(settings: HookedSettings = {}): Promise<HookedLitellm> {
    const [ledger, upstream, db] = await Promise.all([
      GatewayLedger.start({ GATEWAYS_FILE: '', PRICES_FILE: '' }),
      PaidUpstream.start(),
      settings.hasDatabase === true ? createLitellmDatabase(settings.seed) : undefined,
    ]);
    const proxy = await LitellmProxy.start({
      upstreamPort: upstream.port,
      hook: {
        URL: `http://127.0.0.1:${ledger.httpPort}`,
        TOKEN: ledger.token,
        ...settings.hook,
      },
      ...(db && { databaseUrl: db.url }),
      ...(settings.workers !== undefined && { workers: settings.workers }),
    });
    return new HookedLitellm(ledger, upstream, proxy, db);
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.upstream.stop();
    await this.ledger.stop();
    await this.db?.drop();
  }

  /** LiteLLM's own database. */
  get database(): TestDatabase {
    return this.db!;
  }

  async rows<Row>(statement: string): Promise<Row[]> {
    return (await sql.raw<Row>(statement).execute(this.database.database.kysely)).rows;
  }

  /** A door of LiteLLM's administration. */
  async manage(path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(this.proxy.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** @returns a new key; its owner and limits as LiteLLM names them */
  async makeKey(members: object): Promise<string> {
    return (await this.manage('/key/generate', members))['key'] as string;
  }

  /** A call of a model whose upstream behaves as wanted. */
  call(model: string, wanted: Wanted = {}, asked: Asked = {}): Promise<Response> {
    const { path = '/v1/chat/completions', key = MASTER_KEY, headers, body, signal } = asked;
    return fetch(this.proxy.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify({ model, ...promptFor(path, JSON.stringify(wanted)), ...body }),
      ...(signal && { signal }),
    });
  }

  /** The same, with its whole answer read. */
  async answer(model: string, wanted: Wanted = {}, asked: Asked = {}): Promise<Answer> {
    const response = await this.call(model, wanted, asked);
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    const body: unknown = isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body };
  }

  until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    return waitUntil(what, condition);
  }

  async balance(account: string): Promise<Spent> {
    const { body } = await this.ledger.http.balance(account);
    const { spentAllTime, held, unpriced } = body as Spent;
    return { spentAllTime, held, unpriced };
  }

  /** Waits until an account's balance is this. */
  async untilBalance(account: string, wanted: Partial<Spent>): Promise<void> {
    let last: Spent | undefined;
    const isThere = async () => {
      const now = (last = await this.balance(account));
      return Object.entries(wanted).every(([name, value]) => now[name as keyof Spent] === value);
    };
    await waitUntil(`${account} has ${JSON.stringify(wanted)}`, isThere).catch((error: unknown) => {
      throw new Error(
        `${String(error)}, but ${JSON.stringify(last)}\n${this.proxy.output.slice(-3000)}`,
        {
          cause: error,
        },
      );
    });
  }

  /** All events of an account, in the order of the ledger. */
  events(account: string): Promise<RecordedSpend[]> {
    return this.ledger.http.items(`/v1/events?account=${encodeURIComponent(account)}&pageSize=200`);
  }
}

/** An event on record. */
export interface RecordedSpend {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: {
    readonly scope: object;
    readonly amount?: string;
    readonly basis: string;
    readonly model?: string;
    readonly metadata?: { readonly litellm?: Readonly<Record<string, unknown>> };
  };
}

async function createLitellmDatabase(seed = 'select 1'): Promise<TestDatabase> {
  const { migrations } = await installLitellm();
  const db = await createTestDatabase({ ledger: false });
  for (const path of migrations)
    await sql.raw(await readFile(path, 'utf8')).execute(db.database.kysely);
  await sql.raw(seed).execute(db.database.kysely);
  return db;
}

function promptFor(path: string, prompt: string): object {
  switch (path) {
    case '/v1/embeddings':
    case '/v1/responses':
      return { input: prompt };
    case '/v1/completions':
      return { prompt };
    case '/v1/messages':
      return { max_tokens: 100, messages: [{ role: 'user', content: prompt }] };
    default:
      return { messages: [{ role: 'user', content: prompt }] };
  }
}
