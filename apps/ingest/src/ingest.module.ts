import { Module, type DynamicModule } from '@nestjs/common';
import { BudgetChanger } from './change-budget';
import { BudgetAdminGrpcController } from './inbound/grpc/budget-admin.controller';
import { IngestGrpcController } from './inbound/grpc/ingest.controller';
import { BudgetsController } from './inbound/http/budgets.controller';
import { EventsController } from './inbound/http/events.controller';
import { IngestParts } from './ingest-parts';
import { OutboxRelay } from './outbox-relay';
import { SpendRecorder } from './record-spend';
import { RelayLifecycle } from './relay-lifecycle';

/** ingest: the only writer of the log. All of its wiring. */
@Module({})
export class IngestModule {
  static of(parts: IngestParts): DynamicModule {
    const { database, log, partitions, limits, logger } = parts;
    const relay = new OutboxRelay(database, log, {
      ...limits,
      onError: (error) => logger.error(error, 'outbox relay'),
    });
    return {
      module: IngestModule,
      controllers: [
        EventsController,
        IngestGrpcController,
        BudgetsController,
        BudgetAdminGrpcController,
      ],
      providers: [
        { provide: IngestParts, useValue: parts },
        { provide: SpendRecorder, useValue: new SpendRecorder(database, log, partitions, limits) },
        { provide: OutboxRelay, useValue: relay },
        {
          provide: BudgetChanger,
          useValue: new BudgetChanger(database, relay, partitions, limits),
        },
        RelayLifecycle,
      ],
    };
  }
}
