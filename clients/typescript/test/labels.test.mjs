import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from './support/entries.mjs';
import { JournalProcess } from './support/process.mjs';
import { DECISION, TAKEN, problem } from './support/scripted-ledger.mjs';
import { waitUntil } from './support/wait-until.mjs';
import { temporaryFolder, withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const labels = { org: 'acme', project: 'search' };
const model = 'gpt-5';
const sent = (path) => shared.server.requests.filter((request) => request.path === path);
const judged = { ...DECISION, labels };

test('a check says labels and model, and its answer shows what it was judged by', async () => {
  shared.server.will({ status: 200, body: judged });
  const said = { labels: { org: 'acme' }, model };
  const answer = await shared.client().check(shared.alice, said);
  assert.deepEqual(answer.labels, labels);
  assert.deepEqual(sent('/v1/check')[0].body, { scope: shared.alice, ...said });
});

test('a call holds for its labels and its model, and its settle does not repeat the labels', async () => {
  const options = { estimate: '1.00', labels, model };
  await shared.client().spend(shared.alice, options, (call) => call.cost('0.31'));
  const [hold, settle] = shared.server.requests.map(({ body }) => body);
  assert.deepEqual([hold.labels, hold.model], [labels, model]);
  assert.deepEqual([settle.labels, settle.model], [undefined, model]);
});

test('a call without them says none', async () => {
  await shared.client().spend(shared.alice, { estimate: '1.00' }, (call) => call.cost('0.31'));
  for (const { body } of shared.server.requests) {
    assert.deepEqual(['labels' in body, 'model' in body], [false, false]);
  }
});

test('an event in place of a settle has those of its hold, from every process', async () => {
  const released = problem(409, 'hold_ended', { holdId: 'h1', state: 'released' });
  const onRecord = { ...TAKEN, scope: shared.alice, createdAt: DECISION.decidedAt, ageMs: 7 };
  shared.server.will(
    { status: 201, body: { ...TAKEN, decision: judged } },
    released,
    undefined,
    { status: 200, body: { ...onRecord, labels, model } },
    released,
  );
  const { holds } = shared.client();
  // The ledger fills in the project.
  const taken = { scope: shared.alice, amount: '1.00', ttl: 60, labels: { org: 'acme' }, model };
  const hold = await holds.take(taken);
  assert.deepEqual([hold.labels, hold.model], [labels, model]);
  await hold.settle('0.31');
  await (await holds.get('h1')).settle('0.31');
  const [one, other] = sent('/v1/events').map(({ body }) => body);
  assert.deepEqual([one.data.labels, one.data.model], [labels, model]);
  assert.deepEqual(other, one);
});

test('a call without a hold is recorded with its labels', async () => {
  const client = shared.client({ maxRetries: 0, outage: 'open' });
  shared.server.will(problem(503, 'unavailable'));
  const options = { estimate: '1.00', labels };
  await client.spend(shared.alice, options, (call) => call.cost('0.31'));
  assert.deepEqual(sent('/v1/events')[0].body.data.labels, labels);
});

test('a call whose process has died keeps its labels, on record and for who is told', async () => {
  const journal = temporaryFolder();
  const other = await JournalProcess.start(journal, shared.server.url);
  const call = entryOf('running', { state: 'admitted', holdId: 'h7' });
  call.event.data = { ...call.event.data, labels, model };
  await other.ask('put', call);
  await other.end();
  shared.server.will(problem(404, 'not_found'));
  const interrupted = [];
  const client = shared.client({ journal, onInterrupted: (what) => interrupted.push(what) });
  await waitUntil(() => shared.server.requests.length === 2);
  assert.deepEqual(
    interrupted.map((told) => told.labels),
    [labels],
  );
  const { data } = sent('/v1/events')[0].body;
  assert.deepEqual([data.labels, data.model, data.basis], [labels, model, 'unknown']);
  assert.ok(await client.drain({ within: 10_000 }));
});
