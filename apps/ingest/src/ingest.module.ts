import { Module, type DynamicModule } from '@nestjs/common';
import { drawSlot } from '#libs/holds';
import { ListReads, Turns } from '#libs/runtime';
import { BudgetChanger } from './change-budget';
import { countHoldingSpends } from './count-holding-spends';
import { ClaimRestoration } from './claim-restoration';
import { KnownEnds } from './keep-known-ends';
import { BudgetAdminGrpcController } from './inbound/grpc/budget-admin.controller';
import { IngestGrpcController } from './inbound/grpc/ingest.controller';
import { BudgetsController } from './inbound/http/budgets.controller';
import { EventsController } from './inbound/http/events.controller';
import { WindowsController } from './inbound/http/windows.controller';
import { EventPermits } from './inbound/permit-event';
import { ReportedDoor } from './inbound/kafka/reported.door';
import { CommitWatch } from './commit-watch';
import { IngestLifecycle } from './ingest-lifecycle';
import { IngestParts } from './ingest-parts';
import { OutboxRelay } from './outbox-relay';
import { AdjustmentRecorder } from './record-adjustment';
import { EventRecorder } from './record-event';
import { ROUNDS_UNDER_WAY, SpendRecorder } from './record-spend';
import { RecordingRounds } from './recording-rounds';

/** ingest: the only writer of the log. All of its wiring. */
@Module({})
export class IngestModule {
  static of(parts: IngestParts): DynamicModule {
    const { database, log, partitions, limits, logger, metrics, claims, prices } = parts;
    const relay = new OutboxRelay(database, log, {
      ...limits,
      onError: (error) => logger.error(error, 'outbox relay'),
    });
    parts.whenOutboxFills?.(() => relay.wake());
    const knownEnds = new KnownEnds(database, log, claims, {
      ...limits,
      onError: (error) => logger.error(error, 'how far the log is known'),
    });
    const holdPool = database.pipelinedPool({
      maxConnections: ROUNDS_UNDER_WAY,
      idleMs: limits.holdIdleMs,
    });
    const holding = {
      database: holdPool,
      count: countHoldingSpends(metrics),
      slot: drawSlot(limits.holdSlots),
    };
    const rounds = new RecordingRounds(limits);
    const recorder = new SpendRecorder(database, log, claims, partitions, rounds, holding, prices);
    const adjustments = new AdjustmentRecorder(database, log, claims, limits, rounds);
    const commits = new CommitWatch(
      database.pipelinedPool({ maxConnections: 1 }),
      limits.recordWaitMs,
    );
    const lifecycle = new IngestLifecycle(relay, claims, parts, {
      holdPool,
      knownEnds,
      rounds,
      commits,
    });
    return {
      module: IngestModule,
      controllers: [
        EventsController,
        IngestGrpcController,
        BudgetsController,
        BudgetAdminGrpcController,
        WindowsController,
      ],
      providers: [
        { provide: IngestParts, useValue: parts },
        { provide: Turns, useValue: new Turns() },
        { provide: ListReads, useValue: new ListReads(parts.database, parts.lists) },
        { provide: ClaimRestoration, useValue: claims },
        { provide: SpendRecorder, useValue: recorder },
        { provide: EventRecorder, useValue: new EventRecorder(recorder, adjustments) },
        { provide: OutboxRelay, useValue: relay },
        { provide: EventPermits, useValue: new EventPermits(database.forReads(), claims, limits) },
        {
          provide: BudgetChanger,
          useValue: new BudgetChanger(database, relay, claims, partitions, limits, rounds),
        },
        { provide: IngestLifecycle, useValue: lifecycle },
        ReportedDoor,
      ],
    };
  }
}
