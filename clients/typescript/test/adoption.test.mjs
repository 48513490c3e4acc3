import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from './support/entries.mjs';
import { JournalProcess } from './support/process.mjs';
import { waitUntil } from './support/wait-until.mjs';
import { temporaryFolder, withLedger } from './support/with-ledger.mjs';

const shared = withLedger();

test('a process that runs sends what another leaves when it dies', async () => {
  const journal = temporaryFolder();
  const other = await JournalProcess.start(journal, shared.server.url);
  await other.ask('put', entryOf('spent'));
  const call = entryOf('running', { state: 'admitted', holdId: 'h7' });
  call.event.data = { ...call.event.data, model: 'gpt-5', requestId: 'r1' };
  await other.ask('put', call);
  const interrupted = [];
  const client = shared.client({
    journal,
    limits: { adoptEvery: 20 },
    onInterrupted: (what) => interrupted.push(what),
  });
  await client.events.record({ scope: shared.alice, amount: '0.01' });
  assert.deepEqual(shared.server.asked, ['POST /v1/events']);
  await other.end();
  await waitUntil(() => shared.server.requests.length === 3);
  const [, ...adopted] = shared.server.requests;
  const event = adopted.find(({ path }) => path === '/v1/events');
  assert.equal(event.body.id, 'spent');
  const settle = adopted.find(({ path }) => path === '/v1/holds/h7/settle');
  assert.deepEqual([settle.body.basis, settle.body.model], ['unknown', 'gpt-5']);
  const [told] = interrupted;
  assert.equal(interrupted.length, 1);
  const { id, holdId, scope, model, requestId } = told;
  assert.deepEqual([id, holdId, model, requestId], ['running', 'h7', 'gpt-5', 'r1']);
  assert.deepEqual(scope, { type: 'user', userId: 'alice' });
  assert.ok(await client.drain({ within: 10_000 }));
});

test('a folder that cannot be used is like a ledger that is down', async () => {
  const client = shared.client({ journal: '/dev/null/journal' });
  const spend = (outage) =>
    client.spend(shared.alice, { estimate: '1.00', outage }, (call) => {
      call.cost('0.31');
      return 'made';
    });
  await assert.rejects(spend('closed'), { name: 'JournalUnusable', message: /cannot be written/ });
  assert.deepEqual(shared.server.requests, []);
  assert.equal(await spend('open'), 'made');
  assert.match(shared.warnings.join(), /A report is only in memory now/);
  assert.deepEqual(shared.server.asked, ['POST /v1/holds', 'POST /v1/holds/h1/settle']);
});
