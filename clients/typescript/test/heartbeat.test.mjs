import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './support/source.mjs';

const { beat } = await source('heartbeat');
const answered = { kind: 'answered' };
const failed = { kind: 'failed', error: new Error('down') };

/** Timers that fire when the test says so. */
function heart(outcomes, { ttl = 600_000, limit = 86_400_000 } = {}) {
  const timers = [];
  const warnings = [];
  let elapsed = 0;
  const machine = {
    elapsed: () => elapsed,
    random: () => 0.5,
    later: (delay, run) => {
      const timer = { delay, run };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  };
  const extend = async () => outcomes.shift();
  const stop = beat({ ttl, limit, extend, warn: (message) => warnings.push(message) }, machine);
  const next = async () => {
    const { delay, run } = timers.shift();
    elapsed += delay;
    run();
    await new Promise((resolve) => setImmediate(resolve));
    return delay;
  };
  return { next, stop, timers, warnings };
}

test('a hold is extended at a third of its life', async () => {
  const { next, warnings } = heart([answered, answered]);
  assert.deepEqual([await next(), await next()], [200_000, 200_000]);
  assert.deepEqual(warnings, []);
});

test('what fails is told and tried again soon, then all is as before', async () => {
  const { next, warnings } = heart([failed, failed, failed, answered, answered]);
  const delays = [];
  for (let beats = 0; beats < 5; beats += 1) delays.push(await next());
  assert.deepEqual(delays, [200_000, 200, 400, 800, 200_000]);
  assert.equal(warnings.length, 3);
});

test('it waits as long as the ledger asks', async () => {
  const { next } = heart([{ ...failed, retryAfter: 5_000 }, answered]);
  await next();
  assert.equal(await next(), 5_000);
});

test('it ends with its call, and with its limit', async () => {
  const ended = heart([answered]);
  ended.stop();
  assert.deepEqual(ended.timers, []);
  const long = heart([answered, answered], { limit: 300_000 });
  await long.next();
  await long.next();
  assert.deepEqual(long.timers, []);
  assert.match(long.warnings.join(), /runs for too long/);
});
