import { sql } from 'kysely';
import { newHoldId } from '#libs/holds';
import { instantOf, instantOfMillis } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { Metrics } from '#libs/runtime';
import { createTestDatabase, TestClock, type TestDatabase } from '#libs/testing';
import { surveyedMetrics, type HoldSurvey } from './survey-holds';

const WAIT_MS = 10_000;

describe('the holds of the whole ledger, in the metrics', () => {
  let db: TestDatabase;
  let clock: TestClock;
  let metrics: Metrics;
  let survey: HoldSurvey;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, '2026-04-27T10:00:00Z');
    metrics = new Metrics();
    survey = surveyedMetrics(metrics, db.database.forReads(), 'USD', WAIT_MS);
  });
  afterEach(() => db.drop());

  it('are those that live, and how old the oldest is', async () => {
    expect(await read()).toEqual(numbers(0, 0, 0, 0));
    await plant('2026-04-27T09:59:30Z', '2026-04-27T10:00:10Z', '1.5');
    await plant('2026-04-27T09:59:50Z', '2026-04-27T10:01:00Z', '2');
    await plant('2026-04-27T09:00:00Z', '2026-04-27T10:00:00Z', '8');
    await plant('2026-04-27T09:00:00Z', '2026-04-27T10:01:00Z', '8', 'released');
    expect(await read()).toEqual(numbers(2, 3.5, 30, 0));
  });

  it('are counted when they expire, each once, and not those that somebody ended', async () => {
    await plant('2026-04-27T09:00:00Z', '2026-04-27T09:59:59Z', '1');
    await survey.read();
    await plant('2026-04-27T10:00:00Z', '2026-04-27T10:00:10Z', '1');
    await plant('2026-04-27T10:00:00Z', '2026-04-27T10:00:10Z', '1', 'released');
    await plant('2026-04-27T10:00:00Z', '2026-04-27T10:00:20Z', '1');
    await clock.set(instantOf('2026-04-27T10:00:10Z'));
    expect(await read()).toEqual(numbers(1, 1, 10, 1));
    expect(await read()).toEqual(numbers(1, 1, 10, 1));
    await clock.set(instantOf('2026-04-27T10:00:20Z'));
    expect(await read()).toEqual(numbers(0, 0, 0, 2));
  });

  it('are left out where Postgres is gone, or stands still', async () => {
    for (const reads of [refusing, silent]) {
      const without = new Metrics();
      surveyedMetrics(without, reads, 'USD', 1);
      const text = await without.registry.metrics();
      expect(text).toContain('auth_holds_expired_total 0');
      expect(text).not.toMatch(/^auth_(holds_active|held_amount|oldest_hold_seconds)[ {]/m);
    }
  });

  async function read(): Promise<Record<string, number>> {
    const text = await metrics.registry.metrics();
    const lines = text.matchAll(/^auth_(\w+)(?:\{currency=\"USD\"\})? (\S+)$/gm);
    return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]));
  }

  async function plant(
    createdAt: string,
    expiresAt: string,
    amount: string,
    state = 'active',
  ): Promise<void> {
    const endedAt = state === 'active' ? null : createdAt;
    await sql`
      insert into hold (partition, hold_id, scope_type, user_id, amount, state, created_at,
        expires_at, caller, ended_at)
      values (0, ${newHoldId(0, instantOfMillis(0))}, 'user', 'alice', ${amount}, ${state},
        ${createdAt}, ${expiresAt}, 'anonymous', ${endedAt})`.execute(db.database.kysely);
  }
});

const refusing: Prepared = { prepared: () => Promise.reject(new Error('gone')) };
const silent: Prepared = { prepared: () => new Promise(() => undefined) };

function numbers(active: number, amount: number, oldest: number, expired: number): object {
  return {
    holds_active: active,
    held_amount: amount,
    oldest_hold_seconds: oldest,
    holds_expired_total: expired,
  };
}
