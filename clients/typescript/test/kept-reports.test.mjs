import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LedgerUnavailable } from 'spend-ledger';
import { problem } from './support/scripted-ledger.mjs';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const spend = (client, more) =>
  client.spend(shared.alice, { estimate: '1.00', ...more }, (call) => {
    call.cost('0.31');
    return 'answer';
  });

for (const answer of [
  problem(401, 'unauthenticated'),
  problem(500, 'internal'),
  problem(501, 'not_implemented'),
  { status: 413, body: '<html>Too Large</html>' },
  { status: 302, body: '' },
]) {
  const name = `${answer.status} ${answer.body.code ?? 'of a proxy'}`;
  test(`${name} does not cost the answer of a paid call: its report is kept`, async () => {
    const client = shared.client({ maxRetries: 0 });
    shared.server.will(undefined, answer);
    assert.equal(await spend(client), 'answer');
    assert.match(shared.warnings.join(), /The report is kept, and is sent again/);
    assert.deepEqual(client.reports(), { admitted: 0, due: 1, dead: 0 });
    assert.ok(await client.drain({ within: 10_000 }));
    assert.equal(shared.server.asked.length, 3);
  });
}

test('a ledger that fails in a way of its own is down: closed refuses, open makes the call', async () => {
  const client = shared.client({ maxRetries: 0 });
  shared.server.will(problem(500, 'internal'));
  await assert.rejects(spend(client), LedgerUnavailable);
  assert.deepEqual(shared.server.asked, ['POST /v1/holds']);
  shared.server.will(problem(500, 'internal'));
  assert.equal(await spend(client, { outage: 'open' }), 'answer');
  assert.equal(shared.server.asked.at(-1), 'POST /v1/events');
});

test('a budget that says no is no outage, whatever its status', async () => {
  const client = shared.client({ maxRetries: 0, outage: 'open' });
  shared.server.will(problem(503, 'budget_exceeded', { decision: {} }));
  await assert.rejects(spend(client), { name: 'BudgetExceeded' });
});
