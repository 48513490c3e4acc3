import assert from 'node:assert/strict';
import { existsSync, readdirSync, realpathSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { FileJournal } from 'spend-ledger/journal';
import { entryOf } from './support/entries.mjs';
import { machine } from './support/machine.mjs';
import { temporaryFolder, withLedger } from './support/with-ledger.mjs';

const shared = withLedger();
const { HOME } = process.env;
const before = process.cwd();
const record = (client) => client.events.record({ scope: shared.alice, amount: '0.01' });
afterEach(() => {
  process.env.HOME = HOME;
  process.chdir(before);
});

test('~ is the home folder', async () => {
  const home = temporaryFolder();
  process.env.HOME = home;
  assert.equal(homedir(), home);
  process.chdir(temporaryFolder());
  await record(shared.client({ journal: '~/.spend-ledger' }));
  assert.ok(existsSync(join(home, '.spend-ledger')));
  assert.deepEqual(readdirSync('.'), []);
});

test('only a ~ before a slash is one', async () => {
  process.chdir(temporaryFolder());
  await record(shared.client({ journal: '~reports' }));
  assert.deepEqual(readdirSync('.'), ['~reports']);
});

test('the folder is the one of the start, wherever the process goes', async () => {
  const start = realpathSync(temporaryFolder());
  const later = temporaryFolder();
  process.chdir(start);
  const client = shared.client({ journal: 'reports' });
  process.chdir(later);
  await record(client);
  assert.deepEqual([readdirSync(start), readdirSync(later)], [['reports'], []]);
});

test('a file that somebody takes away, or puts another one in its place, is written anew', async () => {
  const folder = temporaryFolder();
  const settings = { folder, ledger: 'http://l', maxBytes: 1e6, warn: () => undefined, machine };
  const journal = await FileJournal.open(settings);
  journal.put(entryOf('a'));
  const name = readdirSync(folder).find((file) => file.endsWith('.journal'));
  renameSync(join(folder, name), join(folder, 'taken'));
  await journal.saved();
  assert.ok(existsSync(join(folder, name)));
  await journal.close();
});
