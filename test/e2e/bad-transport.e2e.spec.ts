import { createTestDatabase, LedgerProcess, spendEvent, type TestDatabase } from '#libs/testing';
import { speak } from './support/bare-http';
import { expectProblem, type Faults } from './support/expect-problem';
import { footprintOf } from './support/footprint';

const USER = { type: 'user', userId: 'alice' };
const EVENT = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const MEBIBYTE = 1024 * 1024;
const SECRET = `sk-${'a'.repeat(24)}`;
const CODES: Readonly<Record<number, string>> = {
  400: 'invalid',
  405: 'method_not_allowed',
  431: 'too_large',
};
const DATA = JSON.stringify({ scope: USER, amount: '1.00' });

/** A request head without its last line; every one asks to be hung up on. */
const head = (line: string, ...headers: string[]) =>
  [line, 'connection: close', ...headers].join('\r\n') + '\r\n\r\n';

describe('a bad request', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it.each([
    ['GET', '/v1/holds/h/release', 'POST'],
    ['DELETE', '/v1/events', 'GET, HEAD, POST'],
    ['PUT', '/v1/check', 'POST'],
    ['OPTIONS', '/v1/authorize', 'POST'],
    ['POST', '/v1/balances?account=user:a', 'GET, HEAD'],
    ['DELETE', '/v1/budgets', 'GET, HEAD'],
    ['PATCH', '/v1/budgets/b', 'DELETE, GET, HEAD, PUT'],
    ['PROPFIND', '/v1/budgets/b', 'DELETE, GET, HEAD, PUT'],
    ['POST', '/metrics', 'GET, HEAD'],
  ])('is told by which methods: %s %s', async (method, path, allow) => {
    const answer = await ledger.http.request(method, path);
    expectProblem(answer, 405, 'method_not_allowed', []);
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it.each([
    '/',
    '/v1',
    '/v2/check',
    '/v1/Check',
    '/v1/check/',
    '//v1/check',
    '/v1/budgets/a/b',
    '/v1/check;x=1',
  ])('is told that nothing is at %s', async (path) => {
    expectProblem(await ledger.http.post(path, { scope: USER }), 404, 'not_found', []);
  });

  it.each([
    ['/v1/events', 'application/json'],
    ['/v1/events', 'text/plain'],
    ['/v1/events', 'application/cloudevents+xml'],
    ['/v1/events', `${EVENT}; charset=utf-16`],
    ['/v1/events', `${BATCH}; charset="latin1"`],
    ['/v1/events', ''],
    ['/v1/check', 'text/plain'],
    ['/v1/check', 'application/x-www-form-urlencoded'],
    ['/v1/authorize', 'application/json; charset=utf-16'],
    ['/v1/check', 'application/jsonp'],
    ['/v1/check', '??'],
  ])('is not understood at %s as %j', async (path, mediaType) => {
    const body = path === '/v1/events' ? spendEvent(USER, '1') : { scope: USER };
    await refused(
      { path, mediaType, body: JSON.stringify(body) },
      415,
      'unsupported_media_type',
      [],
    );
  });

  it('is not understood when it is encoded', async () => {
    const headers = { 'content-type': EVENT, 'content-encoding': 'gzip' };
    const answer = await ledger.http.request('POST', '/v1/events', spendEvent(USER, '1'), headers);
    expectProblem(answer, 415, 'unsupported_media_type', []);
    expect(answer.headers.get('accept-encoding')).toBe('identity');
  });

  it.each([
    ['/v1/events', EVENT, 64 * 1024 + 1],
    ['/v1/events', BATCH, 16 * MEBIBYTE + 1],
    ['/v1/check', 'application/json', 16 * MEBIBYTE + 1],
  ])('is too large for %s as %s with %i bytes', async (path, mediaType, bytes) => {
    await refused({ path, mediaType, body: DATA.padEnd(bytes) }, 413, 'too_large', []);
  });

  it.each<[string, string, number]>([
    ['no HTTP', 'HELO there\r\n\r\n', 400],
    ['a method nobody knows', head('SPEND /livez HTTP/1.1', 'host: x'), 400],
    ['a proxy', head('CONNECT /livez HTTP/1.1', 'host: x'), 405],
    ['a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['no host', head('GET /livez HTTP/1.1'), 400],
    ['two hosts', head('GET /livez HTTP/1.1', 'host: x', 'host: y'), 400],
    ['a space in the path', head('GET /li vez HTTP/1.1', 'host: x'), 400],
    ['U+0000 in the path', head('GET /livez\0 HTTP/1.1', 'host: x'), 400],
    ['U+0000 in a header', head('GET /livez HTTP/1.1', 'host: x', 'x: a\0b'), 400],
    ['a folded header', head('GET /livez HTTP/1.1', 'host: x', 'x: a', ' b'), 400],
    ['a header without a colon', head('GET /livez HTTP/1.1', 'host: x', 'nonsense'), 400],
    ['a broken percent escape', head('GET /v1/%zz HTTP/1.1', 'host: x'), 400],
    [
      'half a surrogate pair in the path',
      head('GET /v1/budgets/%ed%a0%80 HTTP/1.1', 'host: x'),
      400,
    ],
    [
      'an endless part of a path',
      head(`GET /v1/budgets/${'x'.repeat(3000)} HTTP/1.1`, 'host: x'),
      400,
    ],
    ['an endless header', head('GET /livez HTTP/1.1', 'host: x', `x: ${'y'.repeat(20_000)}`), 431],
    [
      'two lengths',
      head('POST /v1/check HTTP/1.1', 'host: x', 'content-length: 1', 'content-length: 2') + '{}',
      400,
    ],
    [
      'a length and chunks',
      head(
        'POST /v1/check HTTP/1.1',
        'host: x',
        'content-length: 2',
        'transfer-encoding: chunked',
      ) + '{}',
      400,
    ],
    [
      'a negative length',
      head('POST /v1/check HTTP/1.1', 'host: x', 'content-length: -2') + '{}',
      400,
    ],
    [
      'a chunk of no size',
      head('POST /v1/check HTTP/1.1', 'host: x', 'transfer-encoding: chunked') + 'zz\r\n',
      400,
    ],
    [
      'a great expectation',
      head('POST /v1/check HTTP/1.1', 'host: x', 'expect: more', 'content-length: 0'),
      400,
    ],
  ])('is answered as a problem: %s', async (_what, request, status) => {
    const [answer, ...more] = await speak(ledger.httpUrl, request);
    expect(more).toEqual([]);
    expectProblem(answer!, status, CODES[status]!);
    expect((await ledger.http.get('/livez')).status).toBe(200);
  });

  it.each<[string, string]>([
    ['the older version', head('GET /livez HTTP/1.0')],
    ['the whole address', head('GET http://x/livez HTTP/1.1', 'host: x')],
    ['a wish for websockets', head('GET /livez HTTP/1.1', 'host: x', 'upgrade: websocket')],
    [
      'two requests at once',
      head('GET /nope HTTP/1.1', 'host: x').replace('connection: close\r\n', '') +
        head('GET /livez HTTP/1.1', 'host: x'),
    ],
  ])('is not what this is: %s', async (_what, request) => {
    const answers = await speak(ledger.httpUrl, request);
    expect(answers.at(-1)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('has its x-request-id back, unless nobody should see it', async () => {
    const ask = (id: string) =>
      ledger.http.request(
        'POST',
        '/v1/check',
        { scope: USER },
        { 'x-request-id': id, 'content-type': 'application/json' },
      );
    expect((await ask('call 7/x')).headers.get('x-request-id')).toBe('call 7/x');
    for (const odd of ['x'.repeat(129), 'ü']) {
      const { status, headers } = await ask(odd);
      expect([status, headers.get('x-request-id')]).toEqual([
        200,
        expect.stringMatching(/^[\da-f-]{36}$/),
      ]);
    }
    expectProblem(await ask(SECRET), 400, 'invalid', [['x-request-id', 'secret']]);
  });

  interface Posted {
    readonly path: string;
    readonly mediaType: string;
    readonly body: string;
  }

  /** Expects a refusal that leaves nothing behind. */
  async function refused(
    { path, mediaType, body }: Posted,
    status: number,
    code: string,
    faults: Faults,
  ) {
    const before = await footprintOf(db.database);
    const headers = { 'content-type': mediaType };
    expectProblem(await ledger.http.request('POST', path, body, headers), status, code, faults);
    expect(await footprintOf(db.database)).toEqual(before);
  }
});
