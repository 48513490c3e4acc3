import assert from 'node:assert/strict';
import { test } from 'node:test';
import { user } from 'spend-ledger';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const scope = user('alice');
const metadata = { big: 1n };
const settles = () => shared.server.requests.filter(({ path }) => path.endsWith('/settle'));
const noJson = { name: 'TypeError', message: /BigInt/ };

test('what is no JSON is the mistake of the caller, and no outage: nothing is kept, nothing is sent', async () => {
  const client = shared.client({ outage: 'open' });
  const event = { scope, amount: '0.01', metadata };
  await assert.rejects(client.events.record(event), noJson);
  await assert.rejects(
    client.events.record(event),
    /^TypeError: A report must be JSON; look at its metadata/,
  );
  await assert.rejects(client.events.recordAll([event]), noJson);
  await assert.rejects(client.raw('POST', '/v1/x', { body: metadata }), noJson);
  let calls = 0;
  const spent = client.spend(scope, { estimate: '1.00', metadata }, () => (calls += 1));
  await assert.rejects(spent, noJson);
  assert.equal(calls, 0);
  assert.deepEqual(client.reports(), { admitted: 0, due: 0, dead: 0 });
  assert.deepEqual(shared.server.requests, []);
});

test('a settle of it settles nothing', async () => {
  const client = shared.client();
  const hold = await client.holds.take({ scope, amount: '1.00', ttl: 60 });
  await assert.rejects(hold.settle('0.31', { metadata }), noJson);
  assert.deepEqual(settles(), []);
  assert.equal(client.reports().due, 0);
});

test('a cost with it is on record as unknown: it was spent', async () => {
  const spent = shared
    .client()
    .spend(scope, { estimate: '1.00' }, (call) => call.cost('0.31', { metadata }));
  await assert.rejects(spent, noJson);
  assert.deepEqual(
    settles().map(({ body }) => body.basis),
    ['unknown'],
  );
});

test('a report is as it was when it was made, whatever the caller does with it then', async () => {
  const mine = { step: 1 };
  shared.server.will('cut');
  const recorded = shared.client().events.record({ scope, amount: '0.01', metadata: mine });
  mine.step = 2;
  await recorded;
  const steps = shared.server.requests.map(({ body }) => body.data.metadata.step);
  assert.deepEqual(steps, [1, 1]);
});
