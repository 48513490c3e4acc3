import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Database } from '#libs/postgres';
import type { CheckResult } from '#libs/runtime';
import { ClaimRestoration } from './claim-restoration';
import { IngestParts } from './ingest-parts';
import { OutboxRelay } from './outbox-relay';

const SERVICES = ['spendledger.v1.IngestService', 'spendledger.v1.BudgetAdminService'];

/** Starts the relay with the process and stops it after the doors have closed; says what recording depends on. */
@Injectable()
export class IngestLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly relay: OutboxRelay,
    private readonly claims: ClaimRestoration,
    private readonly parts: IngestParts,
    private readonly ofHolds: Pick<Database, 'close'>,
  ) {}

  onApplicationBootstrap(): void {
    const { log, metrics, readiness, serving } = this.parts;
    readiness.addDependency(
      log.dependency,
      () => log.answers(),
      () => ({ pending: log.pending() }),
    );
    readiness.add('claims', () => this.claimsCheck());
    serving.addPart('ingest', SERVICES, () => this.appendCheck());
    metrics.gauge('log_pending_records', 'Records on their way to the log', [], (gauge) => {
      gauge.set(log.pending());
    });
    this.relay.start();
  }

  /** An append needs the log, and before it a claim. */
  private async appendCheck(): Promise<CheckResult> {
    const { database, log } = this.parts;
    await Promise.all([database.answers(), log.answers()]);
    return this.claimsCheck();
  }

  private async claimsCheck(): Promise<CheckResult> {
    if (await this.claims.isComplete()) return { ready: true };
    return {
      ready: false,
      detail: 'the log that the ledger was made anew from is still being read',
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.relay.stop();
    await this.ofHolds.close();
  }
}
