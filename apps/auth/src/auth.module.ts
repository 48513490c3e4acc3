import { Module, type DynamicModule } from '@nestjs/common';
import { AuthParts } from './auth-parts';
import { CatchUp } from './catch-up';
import { CatchUpReadiness } from './catch-up-readiness';
import { BudgetChecker } from './check-budget';
import { BudgetGrpcController } from './inbound/grpc/budget.controller';
import { BalancesController } from './inbound/http/balances.controller';
import { BudgetReadsController } from './inbound/http/budgets.controller';
import { CheckController } from './inbound/http/check.controller';
import { WarningsController } from './inbound/http/warnings.controller';
import { BalanceReader } from './read-balance';
import { SnapshotReader } from './snapshot-reader';

/** auth: answers checks and reads out of the projection, and keeps no counter of its own. All of its wiring. */
@Module({})
export class AuthModule {
  static of(parts: AuthParts): DynamicModule {
    const { partitions } = parts;
    const catchUp = new CatchUp();
    const snapshots = new SnapshotReader(parts, catchUp);
    return {
      module: AuthModule,
      controllers: [
        CheckController,
        BalancesController,
        BudgetReadsController,
        WarningsController,
        BudgetGrpcController,
      ],
      providers: [
        { provide: AuthParts, useValue: parts },
        { provide: CatchUp, useValue: catchUp },
        { provide: BudgetChecker, useValue: new BudgetChecker(snapshots, parts) },
        { provide: BalanceReader, useValue: new BalanceReader(snapshots, partitions) },
        CatchUpReadiness,
      ],
    };
  }
}
