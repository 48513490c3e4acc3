import type { Provider } from '@nestjs/common';
import type { AuthParts } from '../auth-parts';
import type { CatchUp } from '../catch-up';
import type { DecisionKeeper } from '../decisions/keep-decision';
import type { SnapshotReader } from '../snapshot-reader';
import { HoldDesk } from './hold-desk';
import { HoldTaker } from './hold-taker';
import { HoldReader } from './read-hold';
import { HoldLifecycle } from './hold-lifecycle';

/** What takes, settles, releases and extends holds. */
export function heldMoney(
  parts: AuthParts,
  keeper: DecisionKeeper,
  snapshots: SnapshotReader,
  catchUp: CatchUp,
): Provider[] {
  const { database, currency, holds } = parts;
  const ofFlushes = database.apart({ maxConnections: holds.concurrency + 1, idleMs: holds.idleMs });
  const desk = new HoldDesk({
    ...{ database: ofFlushes, currency, keeper, policy: parts, limits: holds },
    checkCaughtUp: (snapshot) => catchUp.check(snapshot),
    onSettled: parts.onOutbox,
    onServed: () => undefined,
  });
  return [
    { provide: HoldDesk, useValue: desk },
    { provide: HoldTaker, useValue: new HoldTaker(desk, snapshots) },
    { provide: HoldReader, useValue: new HoldReader(database) },
    { provide: HoldLifecycle, useValue: new HoldLifecycle(ofFlushes) },
  ];
}
