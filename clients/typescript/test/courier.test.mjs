import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from './support/entries.mjs';
import { source } from './support/source.mjs';

const { Courier } = await source('reports/courier');
const failed = { kind: 'failed', error: new Error('down'), mayRetry: true };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A courier whose clocks and timers are the test's. */
function courierWith(...outcomes) {
  const attempts = [];
  const warnings = [];
  const clock = { now: 1_800_000_000_000, elapsed: 0 };
  let timer;
  const machine = {
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    random: () => 0.5,
    later: (delay, run) => {
      timer = { delay, run };
      return () => (timer = undefined);
    },
  };
  const attempt = async (entry) => {
    attempts.push(entry.id);
    return { entry, ...(outcomes.shift() ?? { kind: 'delivered', body: {} }) };
  };
  const store = { delay: () => undefined, drop: () => undefined };
  const settings = { atOnce: 8, longestDelay: 30_000, warn: (message) => warnings.push(message) };
  const courier = new Courier({ attempt }, store, settings, machine);
  const next = async () => {
    const { delay, run } = timer;
    clock.elapsed += delay;
    run();
    await settled();
    return delay;
  };
  return { courier, attempts, warnings, clock, next };
}

test('a clock that somebody sets back holds up no report', async () => {
  const { courier, attempts, clock, next } = courierWith(failed, { ...failed, retryAfter: 5_000 });
  courier.send([entryOf('a')]);
  await settled();
  clock.now -= 3_600_000;
  assert.equal(await next(), 200);
  clock.now -= 3_600_000;
  assert.equal(await next(), 5_000);
  assert.deepEqual(attempts, ['a', 'a', 'a']);
  assert.ok(courier.isIdle);
});

test('an outage is told once, and the next one again', async () => {
  const { courier, warnings, next } = courierWith(failed, failed, undefined, failed);
  courier.send([entryOf('a')]);
  await settled();
  await next();
  await next();
  assert.equal(warnings.length, 1);
  courier.send([entryOf('b')]);
  await settled();
  assert.equal(warnings.length, 2);
});

test('reports that fail together have failed once', async () => {
  const { courier, next } = courierWith(failed, failed, failed);
  courier.send(['a', 'b', 'c'].map((id) => entryOf(id)));
  await settled();
  assert.equal(await next(), 200);
});
