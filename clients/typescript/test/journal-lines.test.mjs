import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf, idsOf } from './support/entries.mjs';
import { source } from './support/source.mjs';

const { printLine, readLines } = await source('journal/lines');
const put = (id, more) => printLine({ put: entryOf(id, more) });

test('what is put, delayed and dropped is what is read', () => {
  const text =
    put('a') + put('b') + printLine({ delay: 'b', notBefore: 7 }) + printLine({ drop: 'a' });
  const { entries, corrupt } = readLines(text);
  assert.deepEqual([...entries.values()], [entryOf('b', { notBefore: 7 })]);
  assert.deepEqual(corrupt, []);
});

test('the last word about an entry counts', () => {
  const { entries } = readLines(put('a', { state: 'admitted' }) + put('a'));
  assert.equal(entries.get('a').state, 'due');
});

const spoilt = {
  'a digit of an amount': (line) => line.replace('"0.02"', '"9.02"'),
  'its checksum': (line) => `0${line.slice(1)}`.replace(/^00/, '10'),
  'its end': (line) => `${line.slice(0, 40)}\n`,
  'all of it': (line) => `${'\u{fffd}'.repeat(line.length - 1)}\n`,
};
for (const [name, spoil] of Object.entries(spoilt)) {
  test(`a line that has lost ${name} is found out, and the others are good`, () => {
    const bad = spoil(put('bad'));
    const { entries, corrupt } = readLines(put('a') + bad + put('b'));
    assert.deepEqual(idsOf([...entries.values()]), ['a', 'b']);
    assert.deepEqual(corrupt, [bad.trimEnd()]);
  });
}

test('a line cut off by a crash is no entry', () => {
  const { entries, corrupt } = readLines(put('a') + put('b').slice(0, 60));
  assert.deepEqual(idsOf([...entries.values()]), ['a']);
  assert.equal(corrupt.length, 1);
});
