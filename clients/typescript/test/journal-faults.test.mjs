import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, mock, test } from 'node:test';
import { FileJournal } from 'spend-ledger/journal';
import { entryOf, idsOf } from './support/entries.mjs';
import { machine } from './support/machine.mjs';
import { temporaryFolder } from './support/with-ledger.mjs';

const MEBIBYTE = 1024 * 1024;
const open = [];
const warnings = [];
const journalIn = async (folder) => {
  const warn = (message) => warnings.push(message);
  const settings = { folder, ledger: 'http://l', maxBytes: MEBIBYTE, warn, machine };
  const journal = await FileJournal.open(settings);
  open.push(journal);
  return journal;
};
const filesIn = (folder, ending) =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
/** What a process that dies now leaves to the next. */
const leftIn = async (folder) => {
  const left = temporaryFolder();
  for (const path of filesIn(folder, '.journal'))
    fs.copyFileSync(path, join(left, path.split('/').at(-1)));
  return (await journalIn(left)).adopt();
};
/** The disk takes so many bytes more. */
const fillDisk = (room = 0) => {
  const { writeSync } = fs;
  mock.method(fs, 'writeSync', (descriptor, bytes, from) => {
    const taken = Math.min(room, bytes.length - from);
    room -= taken;
    if (taken > 0) return writeSync(descriptor, bytes, from, taken);
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  });
};
afterEach(async () => {
  mock.restoreAll();
  warnings.length = 0;
  for (const journal of open.splice(0)) await journal.close();
});

test('half a line does not swallow the next one', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  journal.put(entryOf('a'));
  fillDisk(20);
  assert.throws(() => journal.put(entryOf('b')), /ENOSPC.*Make room/);
  mock.restoreAll();
  journal.put(entryOf('c'));
  assert.deepEqual(idsOf((await leftIn(folder)).due), ['a', 'c']);
});

test('half a line among the dead does not swallow the next one', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  for (const id of ['a', 'b']) journal.put(entryOf(id));
  fillDisk(20);
  assert.throws(() => journal.bury({ entry: entryOf('a'), reason: 'no' }), /ENOSPC/);
  mock.restoreAll();
  journal.bury({ entry: entryOf('b'), reason: 'no' });
  const [dead] = filesIn(folder, '.dead.jsonl');
  const lines = fs.readFileSync(dead, 'utf8').trimEnd().split('\n');
  assert.equal(JSON.parse(lines.at(-1)).id, 'b');
});

for (const [name, next] of Object.entries({
  'the next report': (journal) => journal.put(entryOf('c')),
  'the end': async (journal) => {
    open.splice(open.indexOf(journal), 1);
    await journal.close();
  },
})) {
  test(`what the ledger has is written with ${name}, if it could not be before`, async () => {
    const folder = temporaryFolder();
    const journal = await journalIn(folder);
    for (const id of ['a', 'b', 'stays']) journal.put(entryOf(id));
    journal.put(entryOf('given-up', { state: 'admitted' }));
    journal.drop('a');
    fillDisk();
    journal.drop('given-up');
    journal.drop('b');
    mock.restoreAll();
    await next(journal);
    const { due, interrupted } = await leftIn(folder);
    assert.deepEqual(interrupted, []);
    assert.deepEqual(
      idsOf(due).filter((id) => id !== 'c'),
      ['stays'],
    );
  });
}

test('one journal that cannot be taken over does not keep the others, and is tried again', async () => {
  const folder = temporaryFolder();
  for (const id of ['a', 'b', 'c']) {
    const journal = await journalIn(folder);
    journal.put(entryOf(id));
    await open.pop().close();
  }
  const journal = await journalIn(folder);
  const { readFileSync } = fs;
  let reads = 0;
  mock.method(fs, 'readFileSync', (...given) => {
    reads += 1;
    if (reads === 2) throw new Error('EIO: i/o error');
    return readFileSync(...given);
  });
  const first = idsOf((await journal.adopt()).due);
  assert.equal(first.length, 2);
  assert.match(warnings.join(), /is taken over later. EIO/);
  const second = idsOf((await journal.adopt()).due);
  assert.deepEqual([...first, ...second].sort(), ['a', 'b', 'c']);
  assert.deepEqual(filesIn(folder, '.journal').length, 1);
});

test('a lock that may not be removed keeps no journal', async () => {
  const folder = temporaryFolder();
  const first = await journalIn(folder);
  first.put(entryOf('a'));
  await open.pop().close();
  const lock = join(folder, '0123456789ab.lock');
  fs.writeFileSync(lock, '');
  fs.utimesSync(lock, 0, 0);
  const journal = await journalIn(folder);
  const { rmSync } = fs;
  mock.method(fs, 'rmSync', (path, options) => {
    if (path === lock) throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    rmSync(path, options);
  });
  assert.deepEqual(idsOf((await journal.adopt()).due), ['a']);
  assert.ok(fs.existsSync(lock));
});

test('lines that are spoilt keep no good one, also where there is no room for them', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  for (const id of ['a', 'b']) journal.put(entryOf(id));
  await open.pop().close();
  const [path] = filesIn(folder, '.journal');
  const text = fs.readFileSync(path, 'utf8').replace('"id":"b"', '"id":"x"');
  fs.writeFileSync(path, text);
  const next = await journalIn(folder);
  fillDisk(text.length / 2);
  assert.deepEqual(idsOf((await next.adopt()).due), ['a']);
  assert.match(warnings.join(), /is taken over later. ENOSPC/);
  mock.restoreAll();
  await next.adopt();
  assert.match(warnings.join(), /1 lines of the journal/);
});

test('a compaction that fails leaves no half file', async () => {
  const folder = temporaryFolder();
  const journal = await journalIn(folder);
  const [path] = filesIn(folder, '.journal');
  journal.put(entryOf('a'));
  fs.unlinkSync(path);
  fillDisk(20);
  await assert.rejects(journal.saved(), /ENOSPC/);
  mock.restoreAll();
  assert.deepEqual(filesIn(folder, '.new'), []);
  await journal.saved();
  assert.deepEqual(idsOf((await leftIn(folder)).due), ['a']);
});
