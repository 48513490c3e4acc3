import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AuthParts } from './auth-parts';
import { SnapshotReader } from './snapshot-reader';

/** The process is ready when the projection has caught up with the log. */
@Injectable()
export class CatchUpReadiness implements OnApplicationBootstrap {
  constructor(
    private readonly snapshots: SnapshotReader,
    private readonly parts: AuthParts,
  ) {}

  onApplicationBootstrap(): void {
    this.parts.readiness.add('catch-up', async () =>
      (await this.snapshots.hasCaughtUp())
        ? { ready: true }
        : { ready: false, detail: 'the projection has not caught up with the log' },
    );
  }
}
