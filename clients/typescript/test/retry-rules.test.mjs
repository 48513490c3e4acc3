import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './support/source.mjs';

const { backoff, isTransient, readRetryAfter, retryDelay } = await source('http/retry');
const failed = { mayRetry: true };

test('it waits 0.2 s, doubled by each failure, a quarter more or less, and 8 s at most', () => {
  assert.equal(backoff(0, 0.5), 200);
  assert.equal(backoff(3, 0.5), 1_600);
  assert.equal(backoff(0, 0), 150);
  assert.equal(backoff(0, 1), 250);
  assert.equal(backoff(30, 1), 8_000);
  assert.equal(backoff(30, 0.5, 30_000), 30_000);
});

test('the same is sent again as often as the caller says', () => {
  const delays = [0, 1, 2].map((tried) => retryDelay(failed, tried, { maxRetries: 2 }, 0.5));
  assert.deepEqual(delays, [200, 400, undefined]);
  assert.equal(retryDelay(failed, 0, { maxRetries: 0 }, 0.5), undefined);
});

test('after a time-out there may be fewer', () => {
  const timeout = { mayRetry: true, isTimeout: true };
  const rule = { maxRetries: 2, maxTimeouts: 1 };
  assert.equal(retryDelay(timeout, 0, rule, 0.5), 200);
  assert.equal(retryDelay(timeout, 1, rule, 0.5), undefined);
});

test('what the ledger asks to wait is waited up to a minute, and told beyond', () => {
  const rule = { maxRetries: 2 };
  assert.equal(retryDelay({ mayRetry: true, retryAfter: 3_000 }, 0, rule, 0.5), 3_000);
  assert.equal(retryDelay({ mayRetry: true, retryAfter: 60_000 }, 0, rule, 0.5), 60_000);
  assert.equal(retryDelay({ mayRetry: true, retryAfter: 61_000 }, 0, rule, 0.5), undefined);
});

test('what may not be retried is not, whatever it asks to wait', () => {
  const refused = { mayRetry: false, retryAfter: 1_000 };
  assert.equal(retryDelay(refused, 0, { maxRetries: 2 }, 0.5), undefined);
});

test('Retry-After has seconds or a date', () => {
  const now = Date.parse('2026-04-27T10:00:00Z');
  assert.equal(readRetryAfter('3', now), 3_000);
  assert.equal(readRetryAfter('Mon, 27 Apr 2026 10:00:07 GMT', now), 7_000);
  assert.equal(readRetryAfter('Mon, 27 Apr 2026 09:00:00 GMT', now), 0);
  assert.equal(readRetryAfter('soon', now), undefined);
  assert.equal(readRetryAfter(null, now), undefined);
});

test('only these statuses are worth another try', () => {
  const statuses = [400, 401, 404, 408, 409, 422, 429, 500, 501, 502, 503, 504];
  assert.deepEqual(statuses.filter(isTransient), [408, 500, 502, 503, 504]);
});
