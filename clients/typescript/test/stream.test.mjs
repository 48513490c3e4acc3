import assert from 'node:assert/strict';
import { test } from 'node:test';
import { user } from 'spend-ledger';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const settles = () => shared.server.requests.filter(({ path }) => path.endsWith('/settle'));
const stream = (fn, options) =>
  shared.client().stream(user('alice'), { estimate: '1.00', ...options }, fn);

async function* parts(call, { fails = false } = {}) {
  yield 1;
  if (fails) throw new Error('upstream');
  yield 2;
  call.cost('0.31');
}

test('it gives all parts, and settles at the end', async () => {
  const seen = [];
  for await (const part of stream((call) => parts(call))) seen.push(part);
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(
    settles().map(({ body }) => body.amount),
    ['0.31'],
  );
});

test('nothing is sent before it is read', () => {
  stream((call) => parts(call));
  assert.deepEqual(shared.server.requests, []);
});

test('a caller who leaves ends the upstream, and what it cost is unknown', async () => {
  let signal;
  for await (const _ of stream((call) => parts(call, (signal = call.signal)))) break;
  assert.ok(signal.aborted);
  assert.deepEqual(
    settles().map(({ body }) => body.basis),
    ['unknown'],
  );
});

test('an upstream that breaks off has cost something, too', async () => {
  const read = async () => {
    for await (const _ of stream((call) => parts(call, { fails: true })));
  };
  await assert.rejects(read(), { message: 'upstream' });
  assert.deepEqual(
    settles().map(({ body }) => body.basis),
    ['unknown'],
  );
});

test('an upstream that never begins gives the money back', async () => {
  const failed = stream(() => Promise.reject(new Error('refused'))).next();
  await assert.rejects(failed, { message: 'refused' });
  assert.equal(shared.server.asked.at(-1), 'POST /v1/holds/h1/release');
});

test('calls between the parts are of its request, whoever asks for the parts', async () => {
  const client = shared.client();
  const made = async function* (call) {
    for (const part of [1, 2]) {
      yield part;
      await client.spend(user('alice'), { estimate: '2.00' }, (inner) => inner.cost('0.01'));
    }
    call.cost('0.31');
  };
  const options = { estimate: '1.00', requestId: 'r1' };
  for await (const _ of client.stream(user('alice'), options, made));
  const holds = shared.server.requests.filter(({ path }) => path === '/v1/holds');
  assert.deepEqual(
    holds.map(({ body }) => [body.amount, body.requestId]),
    [
      ['1.00', 'r1'],
      ['2.00', 'r1'],
      ['2.00', 'r1'],
    ],
  );
});

test('what leaves the parts runs in its request, too', async () => {
  const client = shared.client();
  const made = async function* () {
    try {
      yield 1;
    } finally {
      await client.events.record({ scope: user('alice'), amount: '0.01' });
    }
  };
  const options = { estimate: '1.00', requestId: 'r1' };
  for await (const _ of client.stream(user('alice'), options, made)) break;
  const { body } = shared.server.requests.find(({ path }) => path === '/v1/events');
  assert.equal(body.data.requestId, 'r1');
});

test('an abort of the caller settles', async () => {
  const abort = new AbortController();
  const made = async function* (call) {
    yield 1;
    call.signal.throwIfAborted();
  };
  const read = async () => {
    for await (const _ of stream(made, { signal: abort.signal })) abort.abort(new Error('gone'));
  };
  await assert.rejects(read(), { message: 'gone' });
  assert.equal(settles().length, 1);
});
