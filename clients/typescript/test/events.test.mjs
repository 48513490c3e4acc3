import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchPartlyRefused, JournalUnusable, Unauthenticated, user } from 'spend-ledger';
import { problem } from './support/scripted-ledger.mjs';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const scope = user('alice');
async function* many(count, more) {
  for (let index = 0; index < count; index += 1)
    yield { id: `e${index}`, scope, amount: '0.01', ...more };
}

test('an event without an id gets one, which all attempts share', async () => {
  shared.server.will('cut');
  await shared.client().events.record({ scope, amount: '0.01' });
  const ids = shared.server.requests.map(({ body }) => body.id);
  assert.equal(ids.length, 2);
  assert.match(ids[0], /^[0-9a-f-]{36}$/);
  assert.equal(ids[0], ids[1]);
});

test('an event says its labels, alone and in a batch, as it said them when it was given', async () => {
  const { events } = shared.client();
  const labels = { org: 'acme', project: 'search' };
  const recorded = events.record({ scope, amount: '0.01', labels });
  labels.org = 'another';
  await recorded;
  await events.recordAll([{ scope, amount: '0.01', labels: { org: 'acme' } }]);
  await events.record({ scope, amount: '0.01' });
  const [one, [two], three] = shared.server.requests.map(({ body }) => body);
  assert.deepEqual(one.data.labels, { org: 'acme', project: 'search' });
  assert.deepEqual(two.data.labels, { org: 'acme' });
  assert.equal('labels' in three.data, false);
});

test('a receipt of another event is none', async () => {
  const receipt = { id: 'other', source: 's', position: '0:2', duplicate: false };
  shared.server.will({ status: 201, body: receipt });
  const { id } = await shared.client().events.record({ id: 'mine', scope, amount: '0.01' });
  assert.equal(id, 'mine');
  assert.equal(shared.server.requests.length, 2);
});

test('a number is refused before anything is sent', async () => {
  const { events } = shared.client();
  await assert.rejects(events.record({ scope, amount: 0.01 }), TypeError);
  await assert.rejects(events.recordAll([{ scope, amount: 0.01 }]), TypeError);
  assert.deepEqual(shared.server.requests, []);
});

test('many events go in batches of a thousand, and results come in order', async () => {
  const results = await shared.client().events.recordAll(many(2_001));
  const sizes = shared.server.requests.map(({ body }) => body.length);
  assert.deepEqual(sizes, [1_000, 1_000, 1]);
  assert.deepEqual(results.map(({ id }) => id).slice(999, 1_001), ['e999', 'e1000']);
  assert.equal(results.length, 2_001);
});

test('a batch is no larger than the ledger takes', async () => {
  const client = shared.client({ limits: { batchBytes: 30_000 } });
  await client.events.recordAll(many(10, { metadata: { text: 'x'.repeat(8_000) } }));
  assert.deepEqual(
    shared.server.requests.map(({ body }) => body.length),
    [3, 3, 3, 1],
  );
});

test('nothing is sent for no events', async () => {
  assert.deepEqual(await shared.client().events.recordAll([]), []);
  assert.deepEqual(shared.server.requests, []);
});

test('refused events are told with all results, after the later batches', async () => {
  const client = shared.client({ limits: { batchEvents: 2 } });
  const bad = { status: 400, problem: problem(400, 'invalid').body };
  const results = [{ status: 201 }, bad];
  shared.server.will(problem(422, 'batch_partly_refused', { results }));
  const error = await client.events.recordAll(many(3)).catch((thrown) => thrown);
  assert.ok(error instanceof BatchPartlyRefused);
  assert.deepEqual(
    error.results.map(({ status }) => status),
    [201, 400, 201],
  );
  assert.deepEqual(client.reports(), { admitted: 0, due: 0, dead: 1 });
});

const badToken = problem(401, 'unauthenticated');

test('a token that is refused refuses no event: it is sent again', async () => {
  const client = shared.client();
  shared.server.will(badToken);
  const error = await client.events.record({ scope, amount: '0.01' }).catch((thrown) => thrown);
  assert.ok(error instanceof Unauthenticated);
  assert.match(error.message, /The report is kept, and is sent again/);
  assert.deepEqual(client.reports(), { admitted: 0, due: 1, dead: 0 });
  assert.ok(await client.drain({ within: 10_000 }));
  const ids = shared.server.requests.map(({ body }) => body.id);
  assert.deepEqual([ids.length, ids[1]], [2, ids[0]]);
});

test('nor does it refuse a batch', async () => {
  const client = shared.client();
  shared.server.will(badToken, badToken);
  await assert.rejects(client.events.recordAll(many(2)), Unauthenticated);
  assert.deepEqual(client.reports(), { admitted: 0, due: 2, dead: 0 });
  assert.ok(await client.drain({ within: 10_000 }));
  const [batch, ...single] = shared.server.requests.map(({ body }) => body);
  assert.equal(batch.length, 2);
  assert.deepEqual(single.map(({ id }) => id).sort(), ['e0', 'e0', 'e1']);
});

test('nor an event of a batch', async () => {
  const client = shared.client();
  const results = [{ status: 201 }, { status: 401, problem: badToken.body }];
  shared.server.will(problem(422, 'batch_partly_refused', { results }));
  await assert.rejects(client.events.recordAll(many(2)), BatchPartlyRefused);
  assert.ok(await client.drain({ within: 10_000 }));
  assert.deepEqual(client.reports(), { admitted: 0, due: 0, dead: 0 });
  assert.equal(shared.server.requests.at(-1).body.id, 'e1');
});

test('where there is no room for a report, nothing is sent', async () => {
  const client = shared.client({ limits: { memoryEntries: 0 } });
  await assert.rejects(client.events.record({ scope, amount: '0.01' }), JournalUnusable);
  assert.deepEqual(shared.server.requests, []);
});

test('an amendment names the event, and why', async () => {
  const settlement = { source: 'ledger/holds', eventId: 'h1' };
  await shared.client().events.amend(settlement, '0.31', { reason: 'the invoice came' });
  const { type, data } = shared.server.requests[0].body;
  assert.equal(type, 'spendledger.spend.adjusted.v1');
  const adjusts = { source: 'ledger/holds', id: 'h1' };
  assert.deepEqual(data, { adjusts, kind: 'amend', amount: '0.31', reason: 'the invoice came' });
});
