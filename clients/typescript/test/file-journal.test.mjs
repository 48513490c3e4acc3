import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { FileJournal } from 'spend-ledger/journal';
import { entryOf, idsOf } from './support/entries.mjs';
import { machine } from './support/machine.mjs';
import { temporaryFolder } from './support/with-ledger.mjs';

const MEBIBYTE = 1024 * 1024;
const open = [];
const warnings = [];
const journalIn = async (folder, maxBytes = MEBIBYTE) => {
  const warn = (message) => warnings.push(message);
  const journal = await FileJournal.open({ folder, ledger: 'http://l', maxBytes, warn, machine });
  open.push(journal);
  return journal;
};
const fileIn = (folder) =>
  join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.journal')),
  );
afterEach(async () => {
  warnings.length = 0;
  for (const journal of open.splice(0)) await journal.close();
});

test('a full journal takes nothing new, and what it has can still end', async () => {
  const journal = await journalIn(temporaryFolder(), 200);
  journal.put(entryOf('a', { state: 'admitted' }));
  assert.throws(() => journal.put(entryOf('b')), /200 bytes of reports wait.*Make room/);
  journal.put(entryOf('a'));
  journal.drop('a');
  journal.put(entryOf('b'));
  assert.deepEqual(journal.counts(), { admitted: 0, due: 1, dead: 0 });
});

test('a folder that cannot be written is said so', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(
    journalIn(join(file, 'below')),
    /cannot be written: .*ENOTDIR.*name a folder/,
  );
});

test('it does not grow with what the ledger has already', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  const metadata = { text: 'x'.repeat(8_000) };
  const big = (id) => entryOf(id, { event: { ...entryOf(id).event, metadata } });
  journal.put(big('stays'));
  for (let count = 0; count < 500; count += 1) {
    journal.put(big(`e${count}`));
    journal.drop(`e${count}`);
  }
  await journal.saved();
  assert.ok(statSync(fileIn(folder)).size < 1.2 * MEBIBYTE);
  assert.deepEqual(journal.counts(), { admitted: 0, due: 1, dead: 0 });
  assert.equal(statSync(fileIn(folder)).mode & 0o777, 0o600);
});

test('reports that waited longer than the ledger could take them count no less', async () => {
  const journal = await journalIn(temporaryFolder(), 400);
  for (let count = 0; count < 50; count += 1) {
    journal.put(entryOf('a'));
    journal.delay(entryOf('a'), 1_800_000_000_000);
    journal.drop('a');
  }
  for (const id of ['a', 'b']) journal.put(entryOf(id));
  assert.throws(() => journal.put(entryOf('c')), /400 bytes of reports wait/);
});

test('nor does it grow with what the ledger puts off', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  journal.put(entryOf('a'));
  for (let count = 0; count < 30_000; count += 1) journal.delay(entryOf('a'), count);
  assert.ok(statSync(fileIn(folder)).size < 1.2 * MEBIBYTE);
});

test('a file that somebody deletes is written anew', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  journal.put(entryOf('a'));
  unlinkSync(fileIn(folder));
  journal.put(entryOf('b'));
  await journal.saved();
  const text = readFileSync(fileIn(folder), 'utf8');
  assert.match(text, /"id":"a".*\n.*"id":"b"/);
});

test('what the ledger refuses is kept, counted, and without secrets', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  const entry = entryOf('a', { holdId: 'sk-abcdefghijklmnop1234' });
  journal.put(entry);
  journal.bury({ entry, reason: 'invalid: no' });
  assert.deepEqual(journal.counts(), { admitted: 0, due: 0, dead: 1 });
  const name = readdirSync(folder).find((file) => file.endsWith('.dead.jsonl'));
  const dead = readFileSync(join(folder, name), 'utf8');
  assert.match(dead, /"reason":"invalid: no","id":"a"/);
  assert.doesNotMatch(dead, /sk-abc/);
  const next = await journalIn(folder);
  assert.equal(next.counts().dead, 1);
});

test('spoilt lines of an abandoned journal go aside, with a word, and the others are adopted', async () => {
  const folder = temporaryFolder();
  const first = await journalIn(folder);
  for (const id of ['a', 'b', 'c']) first.put(entryOf(id));
  await open.shift().close();
  const path = fileIn(folder);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"id":"b"', '"id":"x"'));
  const next = await journalIn(folder);
  assert.deepEqual(idsOf((await next.adopt()).due), ['a', 'c']);
  assert.match(warnings.join(), /1 lines of the journal .* They are in .*corrupt\.jsonl/);
  const aside = readdirSync(folder).find((name) => name.endsWith('.corrupt.jsonl'));
  assert.match(readFileSync(join(folder, aside), 'utf8'), /"id":"x"/);
});

test('a call that was given up is gone at once, whatever happens next', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  journal.put(entryOf('a', { state: 'admitted' }));
  journal.drop('a');
  assert.match(readFileSync(fileIn(folder), 'utf8'), /\{"drop":"a"\}\n$/);
});
