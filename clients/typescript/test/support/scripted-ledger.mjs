import { once } from 'node:events';
import { createServer } from 'node:http';

export const DECISION = {
  decisionId: 'd1',
  allowed: true,
  blockedBy: null,
  resetsAt: null,
  remaining: '9.00',
  unbudgeted: false,
  message: '',
  budgets: [],
  position: '0:1',
  asOf: '2026-04-27T10:00:00Z',
  lagMs: 0,
  degraded: false,
  decidedAt: '2026-04-27T10:00:00Z',
};
export const TAKEN = {
  holdId: 'h1',
  amount: '1.00',
  expiresAt: '2026-04-27T10:10:00Z',
  remainingTtlMs: 600_000,
  state: 'active',
  decision: DECISION,
};
export const SETTLED = { source: 'ledger/holds', eventId: 'h1', overrun: '0.00', late: false };

export const problem = (status, code, more = {}) => ({
  status,
  body: {
    type: `urn:spendledger:problem:${code}`,
    title: code,
    status,
    code,
    detail: code,
    ...more,
  },
});

/**
 * An address that answers as a test says, for what no real ledger can be brought to say. The scenarios in ../../recovery
 * have the real one.
 */
export class ScriptedLedger {
  requests = [];
  #answers = [];
  #server = createServer((request, response) => void this.#answer(request, response));

  static async start() {
    const ledger = new ScriptedLedger();
    ledger.#server.listen(0, '127.0.0.1');
    await once(ledger.#server, 'listening');
    ledger.url = `http://127.0.0.1:${ledger.#server.address().port}`;
    return ledger;
  }

  /** The next answers; after them it answers as a ledger that agrees. `undefined`: as that one. */
  will(...answers) {
    this.#answers.push(...answers);
  }

  /** What it was asked: `POST /v1/holds`. */
  get asked() {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request, response) {
    const { method, url: path, headers } = request;
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = text === '' ? undefined : JSON.parse(text);
    this.requests.push({ method, path, headers, body });
    const answer = this.#answers.shift() ?? agreeing(method, path, body);
    if (answer === 'cut') return request.socket.destroy();
    if (answer === 'silence') return undefined;
    const type = typeof answer.body === 'string' ? 'text/html' : 'application/json';
    response.writeHead(answer.status, { 'content-type': type, ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    return undefined;
  }
}

function agreeing(method, path, body) {
  if (path === '/v1/holds') return { status: 201, body: TAKEN };
  if (path.endsWith('/settle')) return { status: 200, body: SETTLED };
  if (path.endsWith('/release')) return { status: 200, body: { released: '1.00' } };
  if (path.endsWith('/extend')) return { status: 200, body: TAKEN };
  if (path === '/v1/check') return { status: 200, body: DECISION };
  if (path === '/v1/events') return recorded(body);
  return { status: 200, body: {} };
}

function recorded(body) {
  const receipt = ({ id, source }) => ({
    id,
    source,
    position: '0:2',
    recordedAt: '2026-04-27T10:00:00Z',
    duplicate: false,
  });
  if (!Array.isArray(body)) return { status: 201, body: receipt(body) };
  return {
    status: 200,
    body: { results: body.map((event) => ({ status: 201, ...receipt(event) })) },
  };
}
