import assert from 'node:assert/strict';
import { test } from 'node:test';
import { user } from 'spend-ledger';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const scope = user('alice');
const named = (name) => ({ name: 'TypeError', message: new RegExp(`^${name} must be a number`) });

for (const wrong of [NaN, -1, null, '5']) {
  const said = `${typeof wrong} ${String(wrong)}`;
  test(`${said} is no limit of a client, and is refused by name`, () => {
    const { client } = shared;
    assert.throws(() => client({ maxRetries: wrong }), named('maxRetries'));
    assert.throws(() => client({ timeouts: { hold: wrong } }), named('timeouts.hold'));
    assert.throws(() => client({ limits: { sendAtOnce: wrong } }), named('limits.sendAtOnce'));
    assert.throws(() => client().withOptions({ timeout: wrong }), named('timeout'));
  });

  test(`${said} is no limit of a request, which is neither kept nor sent`, async () => {
    const client = shared.client();
    const hold = await client.holds.take({ scope, amount: '1.00', ttl: 60 });
    for (const [name, options] of Object.entries({
      timeout: { timeout: wrong },
      maxRetries: { maxRetries: wrong },
    })) {
      const event = { scope, amount: '0.01' };
      await assert.rejects(client.events.record(event, options), named(name));
      await assert.rejects(client.events.recordAll([event], options), named(name));
      await assert.rejects(hold.settle('0.31', options), named(name));
      await assert.rejects(client.check(scope, options), named(name));
    }
    assert.deepEqual(client.reports(), { admitted: 0, due: 0, dead: 0 });
    assert.equal(shared.server.requests.length, 1);
  });

  test(`${said} is no limit of a wait`, async () => {
    const client = shared.client();
    await assert.rejects(client.drain({ within: wrong }), named('within'));
    await assert.rejects(client.close({ within: wrong }), named('within'));
  });
}

test('zero is a limit only where something can go without', () => {
  const { client } = shared;
  assert.throws(
    () => client({ timeouts: { hold: 0 } }),
    /hold must be a number, above 0\. It is 0/,
  );
  assert.throws(() => client({ limits: { sendAtOnce: 0 } }), named('limits.sendAtOnce'));
  client({ maxRetries: 0, limits: { memoryEntries: 0, journalBytes: 0 } });
});

test('undefined is the default', async () => {
  const fetch = async (...given) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return globalThis.fetch(...given);
  };
  const client = shared.client({
    fetch,
    maxRetries: undefined,
    timeouts: { check: undefined, record: undefined },
    limits: { batchEvents: undefined },
  });
  shared.server.will('cut');
  const { allowed } = await client.check(scope, { timeout: undefined, maxRetries: undefined });
  assert.equal(allowed, true);
  await client.events.recordAll([1, 2].map(() => ({ scope, amount: '0.01' })));
  assert.equal(shared.server.requests.at(-1).body.length, 2);
});
