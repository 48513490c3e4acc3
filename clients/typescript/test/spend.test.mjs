import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Conflict, LedgerUnavailable, team, user } from 'spend-ledger';
import { DECISION, problem } from './support/scripted-ledger.mjs';
import { temporaryFolder, withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const alice = user('alice');
const HELD = ['POST /v1/holds'];
const SETTLED = [...HELD, 'POST /v1/holds/h1/settle'];
const RELEASED = [...HELD, 'POST /v1/holds/h1/release'];
const settle = () => shared.server.requests.find(({ path }) => path.endsWith('/settle'))?.body;
const run = (fn, options) => shared.client().spend(alice, { estimate: '1.00', ...options }, fn);

test('a spend is one hold, the call, and one settle', async () => {
  const answer = await run((call) => {
    assert.deepEqual(shared.server.asked, HELD);
    const { holdId, remaining, report } = call;
    assert.deepEqual([holdId, remaining, report], ['h1', '9.00', 'lost in a crash']);
    call.cost('0.31', { model: 'gpt-5' });
    return 'answer';
  });
  assert.equal(answer, 'answer');
  assert.deepEqual(shared.server.asked, SETTLED);
  const { amount, model, time } = settle();
  assert.deepEqual([amount, model], ['0.31', 'gpt-5']);
  // By the ledger's clock, which is not this machine's here.
  assert.match(time, /^2026-04-27T10:00:/);
});

test('it is written down twice, before the call and when the cost is told', async () => {
  const folder = temporaryFolder();
  const written = () => {
    const name = readdirSync(folder).find((file) => file.endsWith('.journal'));
    return readFileSync(join(folder, name), 'utf8').split('\n').length - 1;
  };
  const client = shared.client({ journal: folder });
  await client.spend(alice, { estimate: '1.00' }, (call) => {
    assert.equal(written(), 1);
    call.cost('0.31');
    assert.equal(written(), 2);
    assert.equal(call.report, 'kept in the journal');
  });
  assert.equal(written(), 2);
  assert.deepEqual(client.reports(), { admitted: 0, due: 0, dead: 0 });
});

test('without a cost it is unknown, and zero is said by the caller', async () => {
  await run(() => undefined);
  assert.deepEqual([settle().basis, settle().amount], ['unknown', undefined]);
  shared.server.requests.length = 0;
  await run((call) => call.cost('0'));
  assert.equal(settle().amount, '0');
});

test('a function that throws gives the money back, and its error comes through', async () => {
  const failure = new Error('mine');
  const failed = run(() => {
    throw failure;
  });
  await assert.rejects(failed, (error) => error === failure);
  assert.deepEqual(shared.server.asked, RELEASED);
});

test('a cost told before the function throws is settled', async () => {
  const failed = run((call) => {
    call.cost('0.31');
    throw new Error('mine');
  });
  await assert.rejects(failed, { message: 'mine' });
  assert.equal(settle().amount, '0.31');
});

test('a cost that is a number throws, and is on record as unknown: it was spent', async () => {
  await assert.rejects(
    run((call) => call.cost(0.31)),
    TypeError,
  );
  assert.equal(settle().basis, 'unknown');
});

test('an estimate that is a number throws before anything is sent', async () => {
  await assert.rejects(
    run(() => undefined, { estimate: 0.4 }),
    TypeError,
  );
  assert.deepEqual(shared.server.requests, []);
});

test('the last cost counts, and after the end there is none', async () => {
  let kept;
  await run((call) => {
    kept = call;
    call.cost('0.30');
    call.cost('0.31');
  });
  assert.equal(settle().amount, '0.31');
  assert.throws(() => kept.cost('0.32'), { name: 'LedgerError', message: /events\.amend/ });
});

test('the signal of the caller reaches the call, and its report is made nevertheless', async () => {
  const abort = new AbortController();
  const failed = run(
    (call) => {
      call.cost('0.31');
      abort.abort(new Error('gone'));
      call.signal.throwIfAborted();
    },
    { signal: abort.signal },
  );
  await assert.rejects(failed, { message: 'gone' });
  assert.deepEqual(shared.server.asked, SETTLED);
});

test('a report that the ledger does not take now is told, and does not cost the answer', async () => {
  const client = shared.client({ maxRetries: 0 });
  shared.server.will(undefined, problem(503, 'unavailable'));
  const answer = await client.spend(
    alice,
    { estimate: '1.00' },
    (call) => call.cost('0.31') ?? 'answer',
  );
  assert.equal(answer, 'answer');
  assert.match(shared.warnings.join(), /The report is kept, and is sent again/);
  assert.ok(await client.drain({ within: 10_000 }));
  assert.deepEqual(shared.server.asked, [...SETTLED, SETTLED[1]]);
});

const ended = (state) => problem(409, 'hold_ended', { holdId: 'h1', state });
const settledBy = (amount) => ({
  status: 200,
  body: {
    holdId: 'h1',
    scope: { ...alice },
    state: 'settled',
    createdAt: DECISION.decidedAt,
    ageMs: 7,
    settledBy: { source: 'ledger/holds', eventId: 'h1', amount, overrun: '0.00', late: false },
  },
});
const spendOf31 = () => run((call) => call.cost('0.31') ?? 'answer');

test('another cost of somebody else is a conflict, which still has the answer', async () => {
  shared.server.will(undefined, ended('settled'), settledBy('0.25'));
  const error = await spendOf31().catch((thrown) => thrown);
  assert.ok(error instanceof Conflict);
  assert.equal(error.answer, 'answer');
  assert.ok(!shared.server.asked.includes('POST /v1/events'));
});

test('the same cost of somebody else is none', async () => {
  shared.server.will(undefined, ended('settling'), settledBy('0.310'));
  assert.equal(await spendOf31(), 'answer');
});

test('what somebody else has settled as unknown is amended', async () => {
  shared.server.will(undefined, ended('settled'), settledBy(null));
  assert.equal(await spendOf31(), 'answer');
  const { type, data } = shared.server.requests.at(-1).body;
  assert.equal(type, 'spendledger.spend.adjusted.v1');
  assert.deepEqual(data.adjusts, { source: 'ledger/holds', id: 'h1' });
  assert.deepEqual([data.kind, data.amount], ['amend', '0.31']);
});

for (const gone of [ended('released'), problem(404, 'not_found')]) {
  test(`of a hold that is ${gone.body.state ?? 'not found'} the spend is an event of its own`, async () => {
    shared.server.will(undefined, gone);
    await spendOf31();
    const { path, body } = shared.server.requests.at(-1);
    assert.equal(path, '/v1/events');
    assert.deepEqual([body.data.amount, body.data.holdId], ['0.31', 'h1']);
  });
}

test('a page with 404 is a proxy, and no word about the hold', async () => {
  const client = shared.client({ maxRetries: 0 });
  shared.server.will(undefined, { status: 404, body: '<html>no such page</html>' });
  await client
    .spend(alice, { estimate: '1.00' }, (call) => call.cost('0.31'))
    .catch(() => undefined);
  assert.ok(await client.drain({ within: 10_000 }));
  assert.deepEqual(shared.server.asked, [...SETTLED, SETTLED[1]]);
});

test('while the ledger is down, closed makes no call, and open reports it later', async () => {
  const { url } = shared.server;
  const client = shared.client({ url: 'http://127.0.0.1:1', maxRetries: 0 });
  let calls = 0;
  const call = (told) => {
    calls += 1;
    told.cost('0.31');
    return told.holdId;
  };
  await assert.rejects(client.spend(alice, { estimate: '1.00' }, call), LedgerUnavailable);
  assert.equal(calls, 0);
  const options = { estimate: '1.00', outage: 'open' };
  assert.equal(await client.spend(alice, options, call), null);
  assert.deepEqual([calls, client.reports().due], [1, 1]);
  assert.ok(url);
});

test('a call inside a call is one of its own, with the request and the trace of the outer', async () => {
  const client = shared.client();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const outer = { estimate: '1.00', requestId: 'r1', traceparent };
  await client.spend(alice, outer, async (call) => {
    assert.deepEqual(call.headers, { 'x-request-id': 'r1', traceparent });
    await client.spend(team('ml'), { estimate: '2.00' }, (inner) => {
      assert.deepEqual(inner.headers, call.headers);
      inner.cost('0.02');
    });
    call.cost('0.01');
  });
  const holds = shared.server.requests.filter(({ path }) => path === '/v1/holds');
  assert.deepEqual(
    holds.map(({ body }) => [body.amount, body.requestId]),
    [
      ['1.00', 'r1'],
      ['2.00', 'r1'],
    ],
  );
  const settled = shared.server.requests.filter(({ path }) => path.endsWith('/settle'));
  assert.deepEqual(
    settled.map(({ body }) => body.amount),
    ['0.02', '0.01'],
  );
  assert.deepEqual(
    settled.map(({ headers }) => headers.traceparent),
    [traceparent, traceparent],
  );
});
