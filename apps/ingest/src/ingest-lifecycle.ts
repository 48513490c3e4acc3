import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Database } from '#libs/postgres';
import type { CheckResult } from '#libs/runtime';
import { ClaimRestoration } from './claim-restoration';
import type { CommitWatch } from './commit-watch';
import { IngestParts } from './ingest-parts';
import type { KnownEnds } from './keep-known-ends';
import { measureOutbox } from './measure-outbox';
import { OutboxRelay } from './outbox-relay';
import type { RecordingRounds } from './recording-rounds';

const SERVICES = ['spendledger.v1.IngestService', 'spendledger.v1.BudgetAdminService'];

/** Starts the relay with the process and stops it after the doors have closed; says what recording depends on. */
@Injectable()
export class IngestLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly relay: OutboxRelay,
    private readonly claims: ClaimRestoration,
    private readonly parts: IngestParts,
    private readonly own: {
      readonly holdPool: Pick<Database, 'close'>;
      readonly knownEnds: KnownEnds;
      readonly rounds: Pick<RecordingRounds, 'health' | 'queued'>;
      readonly commits: CommitWatch;
    },
  ) {}

  onApplicationBootstrap(): void {
    const { database, limits, log, metrics, readiness, serving } = this.parts;
    readiness.addDependency(
      log.dependency,
      () => log.answers(),
      () => ({ pending: log.pending() }),
    );
    const { rounds, commits } = this.own;
    readiness.add('claims', () => this.claimsCheck());
    readiness.add('recording', () => Promise.resolve(rounds.health()));
    readiness.add('commits', () => commits.health());
    serving.addPart('ingest', SERVICES, () => this.appendCheck());
    commits.measure(metrics);
    metrics.gauge('log_pending_records', 'Records on their way to the log', [], (gauge) => {
      gauge.set(log.pending());
    });
    metrics.queue(
      'ingest_records',
      'Records that wait for their round, in the fullest queue: by KiB where records are large',
      () => rounds.queued,
      limits.maxQueue,
    );
    measureOutbox(metrics, database);
    this.relay.start();
    if (this.parts.logId !== null) this.own.knownEnds.start();
  }

  /** An append needs the log, and before it a claim that Postgres commits. */
  private async appendCheck(): Promise<CheckResult> {
    const { database, log } = this.parts;
    await Promise.all([database.takesWrites(), log.answers()]);
    const commits = await this.own.commits.health();
    return commits.ready ? this.claimsCheck() : commits;
  }

  private async claimsCheck(): Promise<CheckResult> {
    if (await this.claims.isComplete()) return { ready: true };
    return { ready: false, detail: this.claims.detail };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.relay.stop();
    await this.claims.stop();
    if (this.parts.logId !== null) await this.own.knownEnds.stop();
    await this.own.holdPool.close();
    await this.own.commits.close();
  }
}
