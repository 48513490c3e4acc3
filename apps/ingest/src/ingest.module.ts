import { Module, type DynamicModule } from '@nestjs/common';
import { Turns } from '#libs/runtime';
import { BudgetChanger } from './change-budget';
import { countHoldingSpends } from './count-holding-spends';
import { ClaimRestoration } from './claim-restoration';
import { BudgetAdminGrpcController } from './inbound/grpc/budget-admin.controller';
import { IngestGrpcController } from './inbound/grpc/ingest.controller';
import { BudgetsController } from './inbound/http/budgets.controller';
import { EventsController } from './inbound/http/events.controller';
import { WindowsController } from './inbound/http/windows.controller';
import { ReportedDoor } from './inbound/kafka/reported.door';
import { IngestLifecycle } from './ingest-lifecycle';
import { IngestParts } from './ingest-parts';
import { ListReads } from './list-reads';
import { OutboxRelay } from './outbox-relay';
import { AdjustmentRecorder } from './record-adjustment';
import { EventRecorder } from './record-event';
import { ROUNDS_UNDER_WAY, SpendRecorder } from './record-spend';

/** ingest: the only writer of the log. All of its wiring. */
@Module({})
export class IngestModule {
  static of(parts: IngestParts): DynamicModule {
    const { database, log, partitions, limits, logger, metrics } = parts;
    const relay = new OutboxRelay(database, log, {
      ...limits,
      onError: (error) => logger.error(error, 'outbox relay'),
    });
    parts.whenOutboxFills?.(() => relay.wake());
    const claims = new ClaimRestoration(database);
    const ofHolds = database.apart({
      maxConnections: ROUNDS_UNDER_WAY,
      idleMs: limits.holdIdleMs,
    });
    const holding = { database: ofHolds, count: countHoldingSpends(metrics) };
    const recorder = new SpendRecorder(database, log, claims, partitions, limits, holding);
    const adjustments = new AdjustmentRecorder(database, log, claims, limits);
    const lifecycle = new IngestLifecycle(relay, claims, parts, ofHolds);
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
        { provide: ListReads, useValue: new ListReads(parts) },
        { provide: ClaimRestoration, useValue: claims },
        { provide: SpendRecorder, useValue: recorder },
        { provide: EventRecorder, useValue: new EventRecorder(recorder, adjustments) },
        { provide: OutboxRelay, useValue: relay },
        {
          provide: BudgetChanger,
          useValue: new BudgetChanger(database, relay, claims, partitions, limits),
        },
        { provide: IngestLifecycle, useValue: lifecycle },
        ReportedDoor,
      ],
    };
  }
}
