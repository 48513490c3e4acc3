import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { LedgerUnavailable } from 'spend-ledger';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const never = () => new Promise(() => undefined);
const check = (client, options) => client.check(shared.alice, options);

for (const timeout of [Infinity, 2 ** 31, 1e12]) {
  test(`a deadline of ${timeout} ms does not fire at once`, async () => {
    const fetch = async (...given) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return globalThis.fetch(...given);
    };
    const { allowed } = await check(shared.client({ fetch, maxRetries: 0 }), { timeout });
    assert.equal(allowed, true);
  });
}

for (const [name, options] of Object.entries({
  'a token that never comes': { token: never },
  'a fetch that ignores its signal': { fetch: never },
})) {
  test(`${name} is bound by the deadline, and by the caller's signal`, async () => {
    const client = shared.client({ ...options, maxRetries: 0 });
    await assert.rejects(check(client, { timeout: 20 }), LedgerUnavailable);
    const abort = new AbortController();
    const asked = check(client, { signal: abort.signal });
    abort.abort(new Error('gone'));
    await assert.rejects(asked, { message: 'gone' });
  });
}

test('a token that comes too late sends nothing', async () => {
  let give;
  const token = () => new Promise((resolve) => (give = resolve));
  let requests = 0;
  const fetch = () => (requests += 1);
  const client = shared.client({ token, fetch, maxRetries: 0 });
  await assert.rejects(check(client, { timeout: 20 }), LedgerUnavailable);
  give('late');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(requests, 0);
});

test('what is sent in the background keeps no process alive, what is waited for does', () => {
  const run = (awaited) => {
    const program = `
      import { SpendLedger, user } from 'spend-ledger';
      let asked = 0;
      const fetch = () => (asked++ ? new Promise(() => {}) : Promise.reject(new Error('down')));
      const timeouts = { record: ${awaited ? 300 : 600_000} };
      const client = new SpendLedger({ url: 'http://ledger', journal: false, timeouts, fetch });
      const event = { scope: user('alice'), amount: '0.01' };
      await client.events.record(event, { maxRetries: ${awaited ? 1 : 0} }).catch(({ name }) => console.log(name));
      // Until the background has begun.
      await new Promise((resolve) => setTimeout(resolve, 600));
      console.log(asked);`;
    const args = ['--input-type=module', '-e', program];
    return execFileSync(process.execPath, args, { timeout: 60_000, encoding: 'utf8' });
  };
  assert.match(run(false), /^LedgerUnavailable\n2\n$/);
  assert.match(run(true), /^LedgerUnavailable\n/);
});
