import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Database } from '#libs/postgres';
import { ClaimRestoration } from './claim-restoration';
import type { CommitWatch } from './commit-watch';
import { IngestParts } from './ingest-parts';
import type { KnownEnds } from './keep-known-ends';
import { OutboxRelay } from './outbox-relay';
import type { RecordingRounds } from './recording-rounds';

/** Starts the relay with the process and stops it after the doors have closed; says what recording depends on. */
@Injectable()
export class IngestLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly relay: OutboxRelay,
    private readonly claims: ClaimRestoration,
    private readonly parts: IngestParts,
    private readonly own: {
      readonly ofHolds: Pick<Database, 'close'>;
      readonly knownEnds: KnownEnds;
      readonly rounds: Pick<RecordingRounds, 'health'>;
      readonly commits: CommitWatch;
    },
  ) {}

  onApplicationBootstrap(): void {
    const { log, metrics, readiness } = this.parts;
    readiness.addDependency(
      log.dependency,
      () => log.answers(),
      () => ({ pending: log.pending() }),
    );
    readiness.add('claims', async () =>
      (await this.claims.isComplete())
        ? { ready: true }
        : { ready: false, detail: this.claims.detail },
    );
    const { rounds, commits } = this.own;
    readiness.add('recording', () => Promise.resolve(rounds.health()));
    readiness.add('commits', () => commits.health());
    commits.measure(metrics);
    metrics.gauge('log_pending_records', 'Records on their way to the log', [], (gauge) => {
      gauge.set(log.pending());
    });
    this.relay.start();
    if (this.parts.logId !== null) this.own.knownEnds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.relay.stop();
    await this.claims.stop();
    if (this.parts.logId !== null) await this.own.knownEnds.stop();
    await this.own.ofHolds.close();
    await this.own.commits.close();
  }
}
