import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as entry from 'spend-ledger';
import { DECISION, problem } from './support/scripted-ledger.mjs';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const SECRET = 'sk-abcdefghijklmnop1234';
const check = (options) => shared.client(options).check(entry.user('alice'));

for (const [code, status, name] of [
  ['invalid', 400, 'Invalid'],
  ['unauthenticated', 401, 'Unauthenticated'],
  ['forbidden', 403, 'Forbidden'],
  ['not_found', 404, 'NotFound'],
  ['event_conflict', 409, 'EventConflict'],
  ['hold_ended', 409, 'HoldEnded'],
  ['not_yet_visible', 409, 'NotYetVisible'],
  ['etag_mismatch', 412, 'EtagMismatch'],
  ['unknown_event', 422, 'UnknownEvent'],
  ['idempotency_key_reused', 422, 'IdempotencyKeyReused'],
  ['too_much', 422, 'ApiError'],
  ['a_code_of_tomorrow', 418, 'ApiError'],
]) {
  test(`${code} is ${name}, whatever its status`, async () => {
    for (const given of [status, 422]) {
      shared.server.will({ ...problem(given, code), headers: { 'x-request-id': 'r1' } });
      const error = await check().catch((thrown) => thrown);
      assert.equal(error.constructor, entry[name]);
      const { status: said, code: word, requestId } = error;
      assert.deepEqual({ said, word, requestId }, { said: given, word: code, requestId: 'r1' });
      assert.ok(error instanceof entry.ApiError && error instanceof entry.LedgerError);
    }
  });
}

test('BudgetExceeded has the decision, and its members at hand', async () => {
  const decision = {
    ...DECISION,
    allowed: false,
    blockedBy: 'b1',
    resetsAt: '2026-05-01T00:00:00Z',
  };
  shared.server.will(problem(429, 'budget_exceeded', { decision }));
  const error = await check().catch((thrown) => thrown);
  assert.ok(error instanceof entry.BudgetExceeded);
  assert.deepEqual(error.decision, decision);
  const { blockedBy, resetsAt, remaining, decisionId } = error;
  const expected = { blockedBy: 'b1', resetsAt: '2026-05-01T00:00:00Z', remaining: '9.00' };
  assert.deepEqual(
    { blockedBy, resetsAt, remaining, decisionId },
    { ...expected, decisionId: 'd1' },
  );
});

test('an invalid request names each field and rule', async () => {
  const errors = [{ field: 'scope.userId', rule: 'required', message: 'is missing' }];
  shared.server.will(problem(400, 'invalid', { errors }));
  const error = await check().catch((thrown) => thrown);
  assert.deepEqual(error.errors, errors);
  assert.match(error.message, /scope\.userId is missing/);
});

for (const answer of [
  problem(503, 'overloaded'),
  problem(503, 'unavailable'),
  { status: 502, body: '<html>Bad Gateway</html>' },
  { status: 504, body: '' },
  { status: 501, body: '' },
  problem(500, 'internal'),
  'cut',
]) {
  const name = answer.body?.code ?? answer.status ?? answer;
  test(`${name} is LedgerUnavailable, which is no ApiError`, async () => {
    shared.server.will(answer);
    const error = await check({ maxRetries: 0 }).catch((thrown) => thrown);
    assert.ok(error instanceof entry.LedgerUnavailable);
    assert.ok(!(error instanceof entry.ApiError));
  });
}

test('no message has the token, or what looks like a secret', async () => {
  const errors = [{ field: SECRET, rule: 'secret', message: `${SECRET} looks like a secret` }];
  shared.server.will(problem(400, 'invalid', { errors, detail: `the key ${SECRET} is bad` }));
  const error = await check({ token: `slt_${'a'.repeat(30)}` }).catch((thrown) => thrown);
  assert.doesNotMatch(`${error.message} ${error.detail} ${error.stack}`, /sk-abc|slt_/);
  for (const wrong of [{ token: 'slt_secret\n' }, { url: 'http://me:slt_secret@localhost' }]) {
    assert.throws(
      () => shared.client(wrong),
      ({ name, message }) => name === 'TypeError' && !message.includes('slt_secret'),
    );
  }
});
