import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { entryOf, idsOf } from './support/entries.mjs';
import { JournalProcess } from './support/process.mjs';
import { temporaryFolder } from './support/with-ledger.mjs';

const running = [];
const start = async (folder, ledger) => {
  const started = await JournalProcess.start(folder, ledger);
  running.push(started);
  return started;
};
afterEach(async () => {
  for (const child of running.splice(0)) await child.end();
});

test('a process that lives keeps its journal, also while it stands still', async () => {
  const folder = temporaryFolder();
  const first = await start(folder);
  await first.ask('put', entryOf('a'));
  first.pause();
  const second = await start(folder);
  assert.deepEqual((await second.ask('adopt')).due, []);
});

test('what a killed process has left is taken over, and only its owner may read it', async () => {
  const folder = join(temporaryFolder(), 'made', 'here');
  const first = await start(folder);
  await first.ask('put', entryOf('a'));
  await first.ask('delay', { id: 'a', notBefore: 7 });
  await first.ask('put', entryOf('b', { state: 'admitted', holdId: 'h1' }));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const [name] = readdirSync(folder).filter((file) => file.endsWith('.journal'));
  assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  await first.end();
  const second = await start(folder);
  const { due, interrupted } = await second.ask('adopt');
  assert.deepEqual(idsOf(due), ['a', 'b']);
  assert.equal(due.find(({ id }) => id === 'a').notBefore, 7);
  assert.deepEqual(idsOf(interrupted), ['b']);
  const { data } = interrupted[0].event;
  assert.deepEqual(data, { scope: { type: 'user', userId: 'alice' }, basis: 'unknown' });
  assert.equal(interrupted[0].holdId, 'h1');
});

test('of many processes exactly one takes over', async () => {
  const folder = temporaryFolder();
  const first = await start(folder);
  const ids = Array.from({ length: 20 }, (_, index) => `e${index}`);
  for (const id of ids) await first.ask('put', entryOf(id));
  const others = await Promise.all(Array.from({ length: 4 }, () => start(folder)));
  await first.end();
  const adopted = await Promise.all(others.map((other) => other.ask('adopt')));
  assert.deepEqual(idsOf(adopted.flatMap(({ due }) => due)), ids.sort());
  assert.equal(adopted.filter(({ due }) => due.length > 0).length, 1);
});

test('what was taken over survives the death of who took it', async () => {
  const folder = temporaryFolder();
  for (const id of ['a', 'b', 'c']) {
    const child = await start(folder);
    await child.ask('adopt');
    await child.ask('put', entryOf(id));
    await child.end();
  }
  const last = await start(folder);
  assert.deepEqual(idsOf((await last.ask('adopt')).due), ['a', 'b', 'c']);
});

test('a journal that was closed in order leaves what is due, and no file without', async () => {
  const folder = temporaryFolder();
  const [full, empty] = [await start(folder), await start(folder)];
  await full.ask('put', entryOf('a'));
  await full.ask('close');
  await empty.ask('close');
  assert.equal(readdirSync(folder).length, 1);
  const next = await start(folder);
  assert.deepEqual(idsOf((await next.ask('adopt')).due), ['a']);
});

test('a journal of another ledger is left aside for a client of that one, with a word', async () => {
  const folder = temporaryFolder();
  const first = await start(folder, 'http://one');
  await first.ask('put', entryOf('a'));
  await first.end();
  const stranger = await start(folder, 'http://two');
  const { due, warnings } = await stranger.ask('adopt');
  assert.deepEqual(due, []);
  assert.match(
    warnings.join(),
    /^The journal one-.* has reports for another ledger than http:\/\/two/,
  );
  assert.equal((await stranger.ask('adopt')).warnings.length, 1);
  const owner = await start(folder, 'http://one');
  assert.deepEqual(idsOf((await owner.ask('adopt')).due), ['a']);
});

async function longPath() {
  const folder = join(temporaryFolder(), 'a'.repeat(100));
  mkdirSync(folder);
  const first = await start(folder);
  await first.ask('put', entryOf('a'));
  const second = await start(folder);
  assert.deepEqual((await second.ask('adopt')).due, []);
  await first.end();
  assert.deepEqual(idsOf((await second.ask('adopt')).due), ['a']);
}
// Elsewhere such a folder is refused.
if (process.platform === 'linux')
  test('a folder may have a path longer than a socket may', longPath);
