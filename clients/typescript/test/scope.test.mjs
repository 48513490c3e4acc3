import assert from 'node:assert/strict';
import { test } from 'node:test';
import { key, team, user } from 'spend-ledger';
import { withLedger } from './support/with-ledger.mjs';

const shared = withLedger();

test('each kind of scope has its members, and no others', () => {
  assert.deepEqual({ ...key('k1') }, { type: 'key', keyId: 'k1' });
  assert.deepEqual({ ...user('alice') }, { type: 'user', userId: 'alice' });
  assert.deepEqual(
    { ...user('alice', { key: 'k1' }) },
    { type: 'user', userId: 'alice', keyId: 'k1' },
  );
  const all = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k1' };
  assert.deepEqual({ ...team('ml', { user: 'alice', key: 'k1' }) }, all);
});

for (const [name, make] of Object.entries({
  'an empty user': () => user(''),
  'a blank user': () => user('  '),
  'a missing user': () => user(undefined),
  'a null team': () => team(null),
  'an empty key': () => key(''),
  'an empty member of a team': () => team('ml', { user: '' }),
  'an empty key of a user': () => user('alice', { key: '' }),
})) {
  test(`${name} is refused`, () => assert.throws(make, TypeError));
}

test('an object that looks like a scope is refused before anything is sent', async () => {
  const scope = { type: 'team', teamId: '' };
  const take = shared.client().holds.take({ scope, amount: '1.00', ttl: 60 });
  await assert.rejects(take, { name: 'TypeError', message: /key\(\), user\(\) or team\(\)/ });
  assert.deepEqual(shared.server.requests, []);
});
