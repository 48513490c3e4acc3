import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from './support/entries.mjs';
import { JournalProcess } from './support/process.mjs';
import { problem } from './support/scripted-ledger.mjs';
import { waitUntil } from './support/wait-until.mjs';
import { temporaryFolder, withLedger } from './support/with-ledger.mjs';

const shared = withLedger();

for (const [name, fail] of Object.entries({
  throws: () => {
    throw new Error('of the listener');
  },
  rejects: () => Promise.reject(new Error('of the listener')),
})) {
  test(`a listener that ${name} breaks nothing`, async () => {
    const journal = temporaryFolder();
    const other = await JournalProcess.start(journal, shared.server.url);
    await other.ask('put', entryOf('running', { state: 'admitted' }));
    await other.end();
    const told = [];
    const listener = (what) => {
      told.push(what);
      return fail();
    };
    shared.server.will(problem(503, 'unavailable'));
    shared.client({ journal, onWarning: listener, onInterrupted: listener });
    await waitUntil(() => shared.server.requests.length === 2);
    const [interrupted, warning] = told;
    assert.equal(interrupted.id, 'running');
    assert.match(warning, /The report is kept, and is sent again/);
  });
}
