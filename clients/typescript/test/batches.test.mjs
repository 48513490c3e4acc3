import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { user } from 'spend-ledger';
import { problem } from './support/scripted-ledger.mjs';
import { waitUntil } from './support/wait-until.mjs';
import { temporaryFolder, withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const events = (count) =>
  Array.from({ length: count }, (_, index) => ({
    id: `e${index}`,
    scope: user('alice'),
    amount: '0.01',
  }));
const busy = { ...problem(503, 'overloaded'), headers: { 'retry-after': '30' } };
const isLeftInPeace = async (client) => {
  const { length } = shared.server.requests;
  assert.equal(await client.drain({ within: 400 }), false);
  assert.equal(shared.server.requests.length, length);
};

test('a batch that failed waits as long as the ledger asks, also after a restart', async () => {
  const journal = temporaryFolder();
  const client = shared.client({ journal, maxRetries: 0 });
  shared.server.will(busy);
  await assert.rejects(client.events.recordAll(events(3)), {
    name: 'LedgerUnavailable',
    message: /The 3 reports are kept, and are sent again/,
  });
  await isLeftInPeace(client);
  await client.close({ within: 0 });
  const next = shared.client({ journal });
  await isLeftInPeace(next);
  assert.equal(next.reports().due, 3);
});

test('what the ledger asks is written down before it is waited for', async () => {
  const journal = temporaryFolder();
  const delays = () => {
    const name = readdirSync(journal).find((file) => file.endsWith('.journal'));
    return name === undefined
      ? 0
      : readFileSync(join(journal, name), 'utf8').split('"delay"').length - 1;
  };
  const client = shared.client({ journal });
  const abort = new AbortController();
  shared.server.will(busy);
  const recorded = client.events.recordAll(events(2), { signal: abort.signal });
  await waitUntil(() => delays() === 2);
  abort.abort(new Error('gone'));
  await assert.rejects(recorded, { message: 'gone' });
  await isLeftInPeace(client);
});

test('after a batch that failed one report asks whether the ledger is back, and then all go', async () => {
  const client = shared.client({ maxRetries: 0, timeouts: { record: 1_000 } });
  shared.server.will(problem(503, 'unavailable'), 'silence');
  await assert.rejects(client.events.recordAll(events(20)));
  await waitUntil(() => shared.server.requests.length === 2);
  await isLeftInPeace(client);
  assert.equal(client.reports().due, 20);
  assert.ok(await client.drain({ within: 20_000 }));
});

test('so it is for events that fail alone', async () => {
  const client = shared.client();
  const failed = { status: 503, problem: problem(503, 'unavailable').body };
  const results = Array.from({ length: 20 }, () => failed);
  shared.server.will(problem(422, 'batch_partly_refused', { results }), 'silence');
  await assert.rejects(client.events.recordAll(events(20)));
  await waitUntil(() => shared.server.requests.length === 2);
  await isLeftInPeace(client);
});
