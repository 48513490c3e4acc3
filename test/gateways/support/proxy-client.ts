import type { GuardedLedger } from './guarded-ledger';
import type { Answer } from '#libs/testing';

const PLAIN = {
  scope: [
    { type: 'user', userId: 'header:x-user', keyId: 'header:authorization | bearer | sha256?' },
  ],
  free: ['GET *', '* /v1/models*'],
  model: ['header:x-model', 'body:model'],
  unknownModel: { estimate: '3.00' },
};

/** Gateways for whoever speaks to door 3 without a proxy between. */
export const GATEWAYS = {
  plain: PLAIN,
  nginx: { ...PLAIN, style: 'nginx' },
  pay: { ...PLAIN, deny: { status: 402 } },
  strict: { ...PLAIN, unknownModel: 'refuse' },
  looking: { ...PLAIN, mode: 'check' },
  asking: {
    ...PLAIN,
    ...{ onMissingUsage: 'unknown', onUpstreamError: 'settle', onInterrupted: 'release' },
  },
};

/** As Traefik sends them: https://doc.traefik.io/traefik/middlewares/http/forwardauth/. */
export const TRAEFIK = {
  'x-forwarded-method': 'POST',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'llm.example.com',
  'x-forwarded-uri': '/v1/chat/completions',
  'x-forwarded-for': '203.0.113.7',
};

export type Headers = Record<string, string>;

/** Speaks to door 3 as a proxy does. */
export class ProxyClient {
  readonly credential: Headers;

  /** @param credential how it says who it is */
  constructor(
    private readonly ledger: GuardedLedger,
    credential?: Headers,
  ) {
    this.credential = credential ?? { 'x-spend-authorization': `Bearer ${ledger.token}` };
  }

  ask(gateway: string, headers: Headers, body?: string): Promise<Answer> {
    const method = body === undefined ? 'GET' : 'POST';
    const all = { ...TRAEFIK, ...this.credential, ...headers };
    return this.send(method, `/v1/forward-auth/${gateway}`, all, body);
  }

  /** @returns the hold of a call that is let through */
  async admitted(gateway: string, user: string): Promise<string> {
    const { status, headers } = await this.ask(gateway, { 'x-user': user });
    expect(status).toBe(200);
    return headers.get('x-spend-hold-id')!;
  }

  report(said: object): Promise<Answer> {
    const headers = { ...this.credential, 'content-type': 'application/json' };
    const body = JSON.stringify({ gateway: 'plain', ...said });
    return this.send('POST', '/v1/reports', headers, body);
  }

  reportInHeaders(said: Headers): Promise<Answer> {
    const headers = { ...this.credential, 'x-spend-gateway': 'plain', ...said };
    return this.send('POST', '/v1/reports', headers);
  }

  async send(method: string, path: string, headers: Headers, body?: string): Promise<Answer> {
    const url = this.ledger.process.httpUrl + path;
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }
}
