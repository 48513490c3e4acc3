import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { user } from 'spend-ledger';
import { problem } from './support/scripted-ledger.mjs';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const TOKEN = 'test-token-1';
const failureOf = (options) =>
  shared
    .client({ maxRetries: 0, ...options })
    .check(user('alice'))
    .catch((thrown) => thrown);

for (const token of [TOKEN, () => TOKEN]) {
  const name = typeof token === 'string' ? 'a token' : 'a token of a function';
  test(`${name} that the ledger says stands in no message, detail or problem`, async () => {
    const errors = [{ field: 'x', rule: 'y', message: `is ${TOKEN}` }];
    shared.server.will(problem(401, 'unauthenticated', { detail: `${TOKEN} is bad`, errors }));
    const error = await failureOf({ token });
    assert.equal(error.detail, '(token) is bad');
    assert.doesNotMatch(inspect(error, { depth: 9 }), /test-token/);
    shared.server.will({ status: 502, body: `<html>Bearer ${TOKEN}</html>` });
    const { body } = await shared.client({ token, maxRetries: 0 }).raw('GET', '/v1/x');
    assert.equal(body, '<html>Bearer (token)</html>');
  });
}

test('a token that fetch says stands in no cause', async () => {
  const fetch = () =>
    Promise.reject(
      new TypeError(`Bearer ${TOKEN} is an invalid header value`, {
        cause: new DOMException(`${TOKEN} again`),
      }),
    );
  const error = await failureOf({ token: TOKEN, fetch });
  assert.equal(error.name, 'LedgerUnavailable');
  assert.equal(error.cause.message, 'Bearer (token) is an invalid header value');
  assert.doesNotMatch(inspect(error, { depth: 9 }), /test-token/);
});

test('an answer that agrees is taken as it is, also where it says the token', async () => {
  const { body } = await shared.client({ token: '9.00' }).raw('POST', '/v1/check', { body: {} });
  assert.equal(body.remaining, '9.00');
});

for (const [name, token] of Object.entries({
  throws: () => {
    throw new Error('the vault is sealed');
  },
  rejects: () => Promise.reject(new Error('the vault is sealed')),
})) {
  test(`a function of the token that ${name} is said to have failed, and not the connection`, async () => {
    const error = await failureOf({ token });
    assert.equal(error.name, 'LedgerUnavailable');
    assert.match(error.message, /POST \/v1\/check was not sent: the token could not be had/);
    assert.equal(error.cause.cause.message, 'the vault is sealed');
    assert.deepEqual(shared.server.requests, []);
  });
}

for (const wrong of ['test-token-1\nx', '', 7, null]) {
  test(`a function may not give the token ${JSON.stringify(wrong)}`, async () => {
    const error = await failureOf({ token: () => wrong });
    assert.equal(error.name, 'LedgerUnavailable');
    assert.match(error.message, /token must be one word of printable ASCII/);
    assert.doesNotMatch(inspect(error, { depth: 9 }), /test-token/);
    assert.deepEqual(shared.server.requests, []);
  });
}
