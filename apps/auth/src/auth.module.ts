import { Module, type DynamicModule } from '@nestjs/common';
import { AuthParts } from './auth-parts';
import { CatchUp } from './catch-up';
import { CatchUpReadiness } from './catch-up-readiness';
import { BudgetChecker } from './check-budget';
import { BudgetGrpcController } from './inbound/grpc/budget.controller';
import { BalancesController } from './inbound/http/balances.controller';
import { BudgetReadsController } from './inbound/http/budgets.controller';
import { CheckController } from './inbound/http/check.controller';
import { BalanceReader } from './read-balance';
import { prepareForOutage } from './outage/outage';
import { SnapshotReader } from './snapshot-reader';

/** auth: answers checks and reads out of the projection, and keeps no counter of its own. All of its wiring. */
@Module({})
export class AuthModule {
  static of(parts: AuthParts): DynamicModule {
    const { partitions } = parts;
    const outage = prepareForOutage(parts);
    const snapshots = new SnapshotReader(parts, new CatchUp(), outage);
    return {
      module: AuthModule,
      controllers: [
        CheckController,
        BalancesController,
        BudgetReadsController,
        BudgetGrpcController,
      ],
      providers: [
        { provide: AuthParts, useValue: parts },
        { provide: SnapshotReader, useValue: snapshots },
        { provide: BudgetChecker, useValue: new BudgetChecker(snapshots, parts, outage) },
        {
          provide: BalanceReader,
          useValue: new BalanceReader(snapshots, partitions, outage.lastKnown),
        },
        CatchUpReadiness,
      ],
    };
  }
}
