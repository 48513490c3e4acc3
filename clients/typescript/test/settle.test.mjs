import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conflict, EventConflict, Invalid, LedgerUnavailable, Unauthenticated } from 'spend-ledger';
import { DECISION, TAKEN, problem } from './support/scripted-ledger.mjs';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const ended = (state) => problem(409, 'hold_ended', { holdId: 'h1', state });
const onRecord = (more) => ({
  status: 200,
  body: { ...TAKEN, scope: shared.alice, createdAt: DECISION.decidedAt, ageMs: 7, ...more },
});
const take = (client) => client.holds.take({ scope: shared.alice, amount: '1.00', ttl: 60 });
const sent = (path) => shared.server.requests.filter((request) => request.path === path);
const settles = () => sent('/v1/holds/h1/settle').map(({ body }) => body);

for (const gone of [ended('released'), problem(404, 'not_found')]) {
  test(`a hold that is ${gone.body.state ?? 'not found'} is one event, however often it is settled`, async () => {
    shared.server.will(undefined, gone, undefined, gone, undefined, onRecord(), gone);
    const hold = await take(shared.client());
    await hold.settle('0.31');
    await hold.settle('0.31');
    // As after a restart.
    const again = await shared.client().holds.get('h1');
    await again.settle('0.31');
    const events = sent('/v1/events').map(({ body }) => body);
    assert.equal(events.length, 3);
    assert.equal(events[0].id, 'settle-h1');
    assert.deepEqual([events[1], events[2]], [events[0], events[0]]);
  });
}

test('a settle of a hold that has ended is the event that another client has made of it', async () => {
  const time = '2026-04-27T10:03:00Z';
  const conflict = problem(409, 'event_conflict', { differs: ['time'], onRecord: { time } });
  shared.server.will(undefined, ended('released'), conflict);
  const hold = await take(shared.client());
  await hold.settle('0.31');
  const [first, second] = sent('/v1/events').map(({ body }) => body);
  assert.deepEqual(second, { ...first, time });
});

test('with another cost it is a conflict, and so is an event of a caller', async () => {
  const more = { differs: ['amount', 'time'], onRecord: { time: '2026-04-27T10:03:00Z' } };
  shared.server.will(undefined, ended('released'), problem(409, 'event_conflict', more));
  const client = shared.client();
  const hold = await take(client);
  await assert.rejects(hold.settle('0.31'), EventConflict);
  shared.server.will(problem(409, 'event_conflict', { ...more, differs: ['time'] }));
  const recorded = client.events.record({ id: 'e1', scope: shared.alice, amount: '0.31' });
  await assert.rejects(recorded, EventConflict);
});

test('reports of two settles are two, also while both wait', async () => {
  const client = shared.client({ maxRetries: 0 });
  const down = problem(503, 'unavailable');
  shared.server.will(undefined, down, down);
  const hold = await take(client);
  await Promise.allSettled([hold.settle('0.31'), hold.settle('0.32')]);
  assert.equal(client.reports().due, 2);
  assert.ok(await client.drain({ within: 10_000 }));
  const amounts = settles().map(({ amount }) => amount);
  assert.deepEqual(amounts.sort(), ['0.31', '0.31', '0.32', '0.32']);
});

for (const [name, answer, error] of [
  ['a bad token', problem(401, 'unauthenticated'), Unauthenticated],
  ['a page of a proxy', { status: 200, body: '<html>Welcome</html>' }, LedgerUnavailable],
  ['a problem of a proxy', problem(403, 'blocked'), { status: 403 }],
]) {
  test(`${name} in place of the hold is no word about its cost`, async () => {
    const client = shared.client({ maxRetries: 0 });
    shared.server.will(undefined, ended('settled'), answer);
    const hold = await take(client);
    await assert.rejects(hold.settle('0.31'), error);
    assert.deepEqual(client.reports(), { admitted: 0, due: 1, dead: 0 });
    assert.ok(await client.drain({ within: 10_000 }));
    assert.equal(settles().length, 2);
  });
}

test('another cost on record is a conflict', async () => {
  const settledBy = { source: 'ledger/holds', eventId: 'h1', amount: '0.25' };
  shared.server.will(undefined, ended('settled'), onRecord({ settledBy }));
  const hold = await take(shared.client());
  await assert.rejects(hold.settle('0.31'), Conflict);
});

for (const wrong of [0, NaN, null, '', '0,31']) {
  test(`${typeof wrong} '${String(wrong)}' settles nothing`, async () => {
    const hold = await take(shared.client());
    await assert.rejects(hold.settle(wrong), { name: 'TypeError', message: /^amount must/ });
    assert.deepEqual(settles(), []);
  });
}

const invalid = (...fields) => {
  const errors = fields.map((field) => ({ field, rule: 'size', message: 'is too much' }));
  return problem(400, 'invalid', { errors });
};
test('a time that is refused buries no cost when the hold is released before the next try', async () => {
  const client = shared.client();
  const time = '2031-01-01T00:00:00Z';
  shared.server.will(undefined, invalid('time'), ended('released'), invalid('time'));
  const hold = await take(client);
  await hold.settle('0.31', { time });
  assert.deepEqual(
    settles().map((body) => body.time),
    [time, undefined],
  );
  const [first, second] = sent('/v1/events').map(({ body }) => body);
  assert.equal(first.time, time);
  assert.notEqual(second.time, time);
  assert.deepEqual(second, { ...first, time: second.time });
  assert.equal(second.data.amount, '0.31');
  assert.deepEqual(client.reports(), { admitted: 0, due: 0, dead: 0 });
});

for (const refusal of [invalid('metadata'), invalid('metadata.a', 'metadata.b')]) {
  const fields = refusal.body.errors.map(({ field }) => field).join(' and ');
  test(`${fields} that the ledger refuses costs no report`, async () => {
    const client = shared.client();
    shared.server.will(undefined, refusal);
    await client.spend(shared.alice, { estimate: '1.00', metadata: { a: 1 } }, (call) => {
      call.cost('0.31');
    });
    const [{ metadata, ...first }, second] = settles();
    assert.deepEqual(metadata, { a: 1 });
    assert.deepEqual(second, first);
    assert.equal(second.amount, '0.31');
    assert.match(shared.warnings.join(), /goes without its metadata/);
    assert.deepEqual(client.reports(), { admitted: 0, due: 0, dead: 0 });
  });
}

test('nor a report without a hold, but what a caller records is sent as it is', async () => {
  const client = shared.client({ outage: 'open', maxRetries: 0 });
  shared.server.will(problem(503, 'unavailable'), invalid('data.metadata'));
  await client.spend(shared.alice, { estimate: '1.00', metadata: { a: 1 } }, (call) => {
    call.cost('0.31');
  });
  const { metadata, amount } = sent('/v1/events').at(-1).body.data;
  assert.deepEqual([metadata, amount], [undefined, '0.31']);
  shared.server.will(invalid('data.metadata'));
  const event = { scope: shared.alice, amount: '0.31', metadata: { a: 1 } };
  await assert.rejects(client.events.record(event), Invalid);
});

test('what is wrong beside the metadata is refused', async () => {
  const client = shared.client();
  shared.server.will(undefined, invalid('metadata', 'model'));
  const hold = await take(client);
  await assert.rejects(hold.settle('0.31', { metadata: { a: 1 } }), Invalid);
  assert.equal(client.reports().dead, 1);
});
