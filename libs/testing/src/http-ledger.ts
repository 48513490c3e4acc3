import { randomUUID } from 'node:crypto';

/** An answer with its body read as JSON; specs look into it as they like. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec names the members it expects
  readonly body: any;
}

export const SPEND_TYPE = 'spendledger.spend.recorded.v1';
export const CORRECTION_TYPE = 'spendledger.spend.adjusted.v1';

/** A client of the ledger's HTTP doors, as short as a spec wants it. */
export class HttpLedger {
  /** @param timeoutMs how long an answer may take, before the request is given up */
  constructor(
    readonly url: string,
    private readonly timeoutMs = 60_000,
    private readonly token?: string,
  ) {}

  /** The same doors, with a bearer token. */
  as(token: string): HttpLedger {
    return new HttpLedger(this.url, this.timeoutMs, token);
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ): Promise<Answer> {
    const raw = body instanceof Uint8Array || typeof body === 'string' || body === undefined;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : headers),
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      },
      signal: AbortSignal.timeout(this.timeoutMs),
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  post(path: string, body: unknown, contentType = 'application/json'): Promise<Answer> {
    return this.request('POST', path, body, { 'content-type': contentType });
  }

  get(path: string): Promise<Answer> {
    return this.request('GET', path);
  }

  /** All items of a list, page by page. @param path with a query */
  async items<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let token = ''; ;) {
      const { status, body } = await this.get(`${path}&pageToken=${encodeURIComponent(token)}`);
      if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
      items.push(...(body.items as Item[]));
      token = body.nextPageToken as string;
      if (!token) return items;
    }
  }

  /** Records a spend; what is not given is made up. */
  record(
    scope: object,
    amount: string | undefined,
    event: object = {},
    data: object = {},
  ): Promise<Answer> {
    return this.post(
      '/v1/events',
      spendEvent(scope, amount, event, data),
      'application/cloudevents+json',
    );
  }

  /** Corrects a spend; what is not given is made up. */
  correct(
    adjusts: { source: string; id: string },
    change: object,
    event: object = {},
  ): Promise<Answer> {
    return this.post(
      '/v1/events',
      correctionEvent(adjusts, change, event),
      'application/cloudevents+json',
    );
  }

  balance(account: string, minPosition = ''): Promise<Answer> {
    const position = minPosition && `&minPosition=${encodeURIComponent(minPosition)}`;
    return this.get(`/v1/balances?account=${encodeURIComponent(account)}${position}`);
  }

  check(scope: object, more: object = {}): Promise<Answer> {
    return this.post('/v1/check', { scope, ...more });
  }

  /** Takes a hold of a minute; `headers` may bring its Idempotency-Key. */
  hold(
    scope: object,
    amount: string,
    more: object = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const body = { scope, amount, ttlSeconds: 60, ...more };
    return this.request('POST', '/v1/holds', body, {
      'content-type': 'application/json',
      ...headers,
    });
  }

  settle(holdId: string, amount: string | undefined, more: object = {}): Promise<Answer> {
    const body = { ...(amount !== undefined && { amount }), ...more };
    return this.post(`/v1/holds/${holdId}/settle`, body);
  }

  release(holdId: string): Promise<Answer> {
    return this.request('POST', `/v1/holds/${holdId}/release`);
  }

  extend(holdId: string, body: object): Promise<Answer> {
    return this.post(`/v1/holds/${holdId}/extend`, body);
  }

  setBudget(
    budgetId: string,
    account: string,
    limit: string | null,
    more: object = {},
  ): Promise<Answer> {
    const body = { account, limit, window: { type: 'total' }, ...more };
    return this.request('PUT', `/v1/budgets/${encodeURIComponent(budgetId)}`, body);
  }
}

/** A structured CloudEvent of a spend; members given as `undefined` are left out. */
export function spendEvent(
  scope: object,
  amount: string | undefined,
  event: object = {},
  data: object = {},
): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: 'test-gateway',
    type: SPEND_TYPE,
    time: '2026-04-27T10:00:00Z',
    ...event,
    data: { scope, ...(amount !== undefined && { amount }), ...data },
  };
}

/** A structured CloudEvent of a correction, likewise. */
export function correctionEvent(
  { source, id }: { readonly source: string; readonly id: string },
  change: object,
  event: object = {},
): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: 'test-finance',
    type: CORRECTION_TYPE,
    time: '2026-05-02T09:00:00Z',
    ...event,
    data: { adjusts: { source, id }, reason: 'wrong price', ...change },
  };
}
