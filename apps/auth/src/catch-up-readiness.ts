import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { CheckResult } from '#libs/runtime';
import { AuthParts } from './auth-parts';
import { CatchUp } from './catch-up';
import { SnapshotReader } from './snapshot-reader';

/** The process is ready when the projection has caught up with the log, and serves from when it first had. */
@Injectable()
export class CatchUpReadiness implements OnApplicationBootstrap {
  constructor(
    private readonly snapshots: SnapshotReader,
    private readonly catchUp: CatchUp,
    private readonly parts: AuthParts,
  ) {}

  onApplicationBootstrap(): void {
    const { readiness, serving } = this.parts;
    readiness.add('catch-up', () => this.ask());
    serving.addPart('auth', ['spendledger.v1.BudgetService'], () =>
      // Once it had, it has answers without Postgres, too.
      this.catchUp.hasBeenReached ? { ready: true } : this.ask(),
    );
  }

  private async ask(): Promise<CheckResult> {
    return (await this.snapshots.hasCaughtUp())
      ? { ready: true }
      : { ready: false, detail: 'the projection has not caught up with the log' };
  }
}
