import type { Provider } from '@nestjs/common';
import type { Database } from '#libs/postgres';
import type { AuthParts } from '../auth-parts';
import type { CatchUp } from '../catch-up';
import type { DecisionKeeper } from '../decisions/keep-decision';
import type { SnapshotReader } from '../snapshot-reader';
import { countHolds } from './count-holds';
import { HoldRetention } from './forget-holds';
import { HoldDesk } from './hold-desk';
import { HoldLifecycle } from './hold-lifecycle';
import { HoldTaker } from './hold-taker';
import { HoldReader } from './read-hold';
import { surveyedMetrics } from './survey-holds';

/** What takes, settles, releases and extends holds. */
export function heldMoney(
  parts: AuthParts,
  ofFlushes: Database,
  keeper: DecisionKeeper,
  snapshots: SnapshotReader,
  catchUp: CatchUp,
): Provider[] {
  const { database, currency, holds, metrics, logger } = parts;
  const desk = new HoldDesk({
    ...{ database: ofFlushes, currency, keeper, policy: parts, limits: holds },
    isLogElsewhere: parts.logId !== null,
    isCaughtUp: (snapshot) => catchUp.isReached(snapshot),
    onSettled: parts.onOutbox,
    onServed: countHolds(metrics),
  });
  metrics.gauge('auth_holds_queued', 'Requests about holds that wait', [], (gauge) => {
    gauge.set(desk.queued);
  });
  const survey = surveyedMetrics(metrics, database.forReads(), holds.surveyWaitMs);
  const onError = (error: unknown) => logger.error(error, 'old holds');
  const retention = new HoldRetention(database, { ...holds, onError });
  return [
    { provide: HoldDesk, useValue: desk },
    { provide: HoldTaker, useValue: new HoldTaker(desk, snapshots) },
    { provide: HoldReader, useValue: new HoldReader(database) },
    { provide: HoldLifecycle, useValue: new HoldLifecycle(ofFlushes, retention, survey) },
  ];
}
