import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { readSnapshot } from '#libs/balances';
import { AuthParts } from './auth-parts';
import { CatchUp } from './catch-up';

/** The process is ready when the projection has caught up with the log. */
@Injectable()
export class CatchUpReadiness implements OnApplicationBootstrap {
  constructor(
    private readonly catchUp: CatchUp,
    private readonly parts: AuthParts,
  ) {}

  onApplicationBootstrap(): void {
    const { database, partitions, readiness } = this.parts;
    readiness.add('catch-up', async () => {
      const snapshot = await readSnapshot(database, new Map(), partitions);
      return this.catchUp.isReached(snapshot)
        ? { ready: true }
        : { ready: false, detail: 'the projection has not caught up with the log' };
    });
  }
}
