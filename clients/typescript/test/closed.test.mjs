import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LedgerError, user } from 'spend-ledger';
import { temporaryFolder, withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const alice = user('alice');

for (const outage of ['closed', 'open']) {
  for (const journal of [false, temporaryFolder()]) {
    const where = journal === false ? 'without a journal' : 'with a journal';
    test(`a client that is closed makes no more calls ${where}, also with outage ${outage}`, async () => {
      const client = shared.client({ journal, outage });
      await client.close();
      let calls = 0;
      const call = () => (calls += 1);
      await assert.rejects(client.spend(alice, { estimate: '1.00' }, call), LedgerError);
      const read = client.stream(alice, { estimate: '1.00' }, () => [call()]).next();
      await assert.rejects(read, /This client is closed/);
      assert.equal(calls, 0);
      assert.deepEqual(shared.server.requests, []);
    });
  }
}
