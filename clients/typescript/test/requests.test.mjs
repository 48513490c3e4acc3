import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LedgerUnavailable, user } from 'spend-ledger';
import { DECISION, ScriptedLedger, TAKEN, problem } from './support/scripted-ledger.mjs';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const take = (client, more = {}) =>
  client.holds.take({ scope: user('alice'), amount: '1.00', ttl: 60, ...more });
const keys = () => shared.server.requests.map(({ headers }) => headers['idempotency-key']);

test('a hold is asked again under the same key, and another hold under another', async () => {
  shared.server.will('cut', problem(503, 'overloaded'), undefined);
  const client = shared.client();
  assert.equal((await take(client)).holdId, 'h1');
  await take(client);
  const [first, second, third, other] = keys();
  assert.deepEqual([second, third], [first, first]);
  assert.notEqual(other, first);
});

for (const [name, answer] of Object.entries({
  'a page of a proxy': { status: 200, body: '<html>Welcome</html>' },
  'JSON of something else': { status: 201, body: { ok: true } },
  'half an answer': { status: 201, body: { ...TAKEN, holdId: undefined } },
  'money that is a number': { status: 201, body: { ...TAKEN, amount: 1 } },
})) {
  test(`${name} is never taken for a hold, and asked again`, async () => {
    shared.server.will(answer);
    await take(shared.client());
    assert.equal(shared.server.requests.length, 2);
    assert.equal(keys()[0], keys()[1]);
  });
}

test('an answer may have members and words that this version does not know', async () => {
  const decision = { ...DECISION, mood: 'good', verdicts: ['new'] };
  shared.server.will({ status: 200, body: decision });
  assert.deepEqual(await shared.client().check(user('alice')), decision);
});

test('a hold that times out is tried once more, whatever maxRetries says', async () => {
  let requests = 0;
  const fetch = (_, { signal }) => {
    requests += 1;
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  const client = shared.client({ fetch, timeouts: { hold: 30 }, maxRetries: 5 });
  await assert.rejects(take(client), {
    name: 'LedgerUnavailable',
    message: /no answer within 30 ms/,
  });
  assert.equal(requests, 2);
});

test('Retry-After beyond a minute is told at once', async () => {
  shared.server.will({ ...problem(503, 'overloaded'), headers: { 'retry-after': '61' } });
  await assert.rejects(take(shared.client()), { name: 'LedgerUnavailable', code: 'overloaded' });
  assert.equal(shared.server.requests.length, 1);
});

test('x-should-retry decides, except about a budget', async () => {
  const client = shared.client();
  shared.server.will({ ...problem(503, 'unavailable'), headers: { 'x-should-retry': 'false' } });
  await assert.rejects(take(client), LedgerUnavailable);
  assert.equal(shared.server.requests.length, 1);
  const retry = { headers: { 'x-should-retry': 'true' } };
  shared.server.will({ ...problem(409, 'not_yet_visible'), ...retry });
  await take(client);
  assert.equal(shared.server.requests.length, 3);
  const decision = { ...DECISION, allowed: false };
  shared.server.will({ ...problem(429, 'budget_exceeded', { decision }), ...retry });
  await assert.rejects(take(client), { name: 'BudgetExceeded' });
  assert.equal(shared.server.requests.length, 4);
});

for (const status of [429, 503]) {
  test(`budget_exceeded with ${status} and no decision is not asked again`, async () => {
    const retry = { headers: { 'x-should-retry': 'true' } };
    shared.server.will({ ...problem(status, 'budget_exceeded'), ...retry });
    await assert.rejects(take(shared.client()));
    assert.equal(shared.server.requests.length, 1);
  });
}

test('a redirect is not followed', async () => {
  const elsewhere = await ScriptedLedger.start();
  shared.server.will({ status: 307, body: '', headers: { location: `${elsewhere.url}/v1/holds` } });
  await assert.rejects(take(shared.client()), { name: 'ApiError', status: 307 });
  assert.deepEqual(elsewhere.requests, []);
  await elsewhere.stop();
});

test('what ingest serves goes to ingest', async () => {
  const ingest = await ScriptedLedger.start();
  const client = shared.client({ ingestUrl: ingest.url });
  await client.events.record({ scope: user('alice'), amount: '0.02' });
  await client.raw('PUT', '/v1/budgets/b1', { body: {} });
  await client.raw('GET', '/v1/budgets/b1');
  await client.check(user('alice'));
  assert.deepEqual(ingest.asked, ['POST /v1/events', 'PUT /v1/budgets/b1']);
  assert.deepEqual(shared.server.asked, ['GET /v1/budgets/b1', 'POST /v1/check']);
  await ingest.stop();
});

test('each request says who asks, and shows the token of the moment', async () => {
  let token = 'first';
  const client = shared.client({ token: () => token });
  await take(client);
  token = 'second';
  await take(client);
  const seen = shared.server.requests.map(({ headers }) => headers.authorization);
  assert.deepEqual(seen, ['Bearer first', 'Bearer second']);
  assert.match(
    shared.server.requests[0].headers['user-agent'],
    /^spend-ledger-typescript\/0\.1\.0 \(/,
  );
});

test('the caller may stop waiting', async () => {
  shared.server.will('silence');
  const abort = new AbortController();
  const taken = take(shared.client(), { signal: abort.signal });
  abort.abort(new Error('gone'));
  await assert.rejects(taken, { message: 'gone' });
});

test('withOptions changes the rules of a view, and of nothing else', async () => {
  const client = shared.client();
  shared.server.will('cut');
  await assert.rejects(take(client.withOptions({ maxRetries: 0 })), LedgerUnavailable);
  shared.server.will('cut');
  await take(client);
  assert.equal(shared.server.requests.length, 3);
});

test('raw gives what came, a refusal too', async () => {
  shared.server.will(problem(404, 'not_found'));
  const answer = await shared.client().raw('GET', '/v1/spend', { query: { groupBy: 'model' } });
  assert.equal(answer.status, 404);
  assert.equal(answer.body.code, 'not_found');
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.deepEqual(shared.server.asked, ['GET /v1/spend?groupBy=model']);
});

test('raw sends a POST once, unless it says that it may be sent again', async () => {
  const client = shared.client();
  const post = async (options) => {
    shared.server.requests.length = 0;
    shared.server.will('cut');
    await client.raw('post', '/v1/x', { body: {}, ...options }).catch(() => undefined);
    return shared.server.requests.length;
  };
  assert.equal(await post(), 1);
  assert.equal(await post({ headers: { 'Idempotency-Key': 'k1' } }), 2);
  assert.equal(await post({ maxRetries: 1 }), 2);
  shared.server.will('cut');
  assert.equal((await client.raw('GET', '/v1/x')).status, 200);
});

test('a session asks for what it has written', async () => {
  const session = shared.client().session();
  await session.events.record({ scope: user('alice'), amount: '0.02' });
  await session.check(user('alice'));
  assert.equal(shared.server.requests[1].body.minPosition, '0:2');
});
