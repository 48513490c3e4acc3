import { after, beforeEach } from 'node:test';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpendLedger, user } from 'spend-ledger';
import { ScriptedLedger } from './scripted-ledger.mjs';

export const temporaryFolder = () => mkdtempSync(join(tmpdir(), 'journal-'));

/** A scripted ledger for each test of a file, and clients of it that are closed afterwards. */
export function withLedger() {
  const shared = { alice: user('alice'), server: undefined, warnings: [], clients: [] };
  shared.client = (options = {}) => {
    const { url } = shared.server;
    const onWarning = (message) => shared.warnings.push(message);
    const client = new SpendLedger({ url, journal: false, onWarning, ...options });
    shared.clients.push(client);
    return client;
  };
  const end = async () => {
    for (const client of shared.clients.splice(0)) await client.close({ within: 0 });
    await shared.server?.stop();
  };
  beforeEach(async () => {
    await end();
    shared.warnings.length = 0;
    shared.server = await ScriptedLedger.start();
  });
  after(end);
  return shared;
}
