import { mkdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlainError, say } from './say.mjs';

const LOCK = '.setup.lock';
const BEAT_MS = 1_000;
const STALE_MS = 10_000;
const POLL_MS = 200;
const WAIT_MS_MAX = 15 * 60_000;

/** One set-up at a time in a clone. A holder that no longer touches the lock has died and loses it. */
export async function withLock(work) {
  await takeLock();
  const beat = setInterval(touch, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(LOCK, { recursive: true, force: true });
  }
}

async function takeLock() {
  const giveUpAt = Date.now() + WAIT_MS_MAX;
  let told = false;
  while (!tryLock()) {
    if (Date.now() > giveUpAt) {
      throw new PlainError(`Another set-up has held ${LOCK} for too long; remove it if none runs.`);
    }
    if (!told) say('Another command is setting up this folder; waiting for it.');
    told = true;
    if (isStale()) rmSync(LOCK, { recursive: true, force: true });
    await sleep(POLL_MS);
  }
}

function tryLock() {
  try {
    mkdirSync(LOCK);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isStale() {
  const held = statSync(LOCK, { throwIfNoEntry: false });
  return held !== undefined && Date.now() - held.mtimeMs > STALE_MS;
}

function touch() {
  try {
    utimesSync(LOCK, new Date(), new Date());
  } catch {
    // Removed by hand: the person who did so takes the responsibility.
  }
}
