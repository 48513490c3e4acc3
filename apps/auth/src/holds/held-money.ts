import type { Provider } from '@nestjs/common';
import { BudgetedTargets } from '#libs/balances';
import { countLivingHolds, drawSlot } from '#libs/holds';
import type { Database } from '#libs/postgres';
import type { AuthParts } from '../auth-parts';
import type { CatchUp } from '../catch-up';
import type { DecisionKeeper } from '../decisions/keep-decision';
import type { SnapshotReader } from '../snapshot-reader';
import { countExpiryEvents, countHolds, timeFlushes } from './count-holds';
import { ExpiryRecorder } from './expiry-recorder';
import type { FlushParts } from './flush-holds';
import { HoldRetention } from './forget-holds';
import { HoldDesk } from './hold-desk';
import { HoldLifecycle } from './hold-lifecycle';
import { HoldTaker } from './hold-taker';
import { HoldQuota } from './hold-quota';
import { HoldReader } from './read-hold';
import { surveyedMetrics } from './survey-holds';

/** What takes, settles, releases and extends holds. */
export function heldMoney(
  parts: AuthParts,
  holdPool: Database,
  keeper: DecisionKeeper,
  snapshots: SnapshotReader,
  catchUp: CatchUp,
): Provider[] {
  const { database, currency, holds, metrics, logger, prices } = parts;
  const flush: FlushParts = {
    database: holdPool,
    currency,
    keeper,
    prices,
    policy: parts,
    slot: drawSlot(holds.slots),
    gateAttempts: holds.maxAttempts,
    budgeted: new BudgetedTargets(),
    isLogElsewhere: parts.logId !== null,
    isCaughtUp: (snapshot) => catchUp.isReached(snapshot),
  };
  const desk = new HoldDesk({
    ...flush,
    keeper,
    limits: holds,
    onSettled: parts.onOutbox,
    onServed: countHolds(metrics),
    onFlushed: timeFlushes(metrics),
  });
  metrics.queue('auth_holds', 'Requests about holds that wait', () => desk.queued, holds.maxQueue);
  // Not those of lists: readers must not keep others from holding.
  const reads = database.forReads();
  const survey = surveyedMetrics(metrics, reads, currency);
  const refused = metrics.counter(
    'auth_holds_over_limit_total',
    'Holds that were refused because too many of their caller live',
  );
  const quota = new HoldQuota({
    most: holds.maxPerCaller,
    countLiving: (caller, most) => countLivingHolds(reads, caller, most),
    onRefused: () => refused.inc(),
    monotonicMs: parts.monotonicMs,
  });
  const onError = (error: unknown) => logger.error(error, 'old holds');
  const retention = new HoldRetention(database, { ...holds, onError });
  const countExpiries = countExpiryEvents(metrics);
  const expiries = new ExpiryRecorder(flush, {
    ...holds,
    onRecorded: (made) => {
      countExpiries(made);
      parts.onOutbox();
    },
    onError: (error) => logger.error(error, 'events of expired holds'),
  });
  return [
    { provide: HoldDesk, useValue: desk },
    { provide: HoldTaker, useValue: new HoldTaker({ desk, snapshots, quota, reads }) },
    { provide: HoldReader, useValue: new HoldReader(database) },
    {
      provide: HoldLifecycle,
      useValue: new HoldLifecycle(holdPool, [retention, expiries], survey),
    },
  ];
}
