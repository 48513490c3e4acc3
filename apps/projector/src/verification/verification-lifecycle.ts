import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { printLedgerDifference, type Verification } from '#libs/projection';
import { ProjectorParts } from '../projector-parts';
import { LedgerVerifier } from './ledger-verifier';

const MICROS = 1_000_000;

/** Verifies the ledger from time to time, and says what is wrong: a line for each difference, and metrics. */
@Injectable()
export class VerificationLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly verifier: LedgerVerifier | undefined;
  private last: Verification | undefined;
  private lastWithout: Verification | undefined;

  constructor(private readonly parts: ProjectorParts) {
    const { database, verification, onError } = parts;
    this.verifier =
      verification &&
      new LedgerVerifier(database, parts, verification, {
        onVerified: (result) => this.tell(result),
        onError: (error) => onError(error, 'verifying the ledger'),
      });
    this.measure();
  }

  onApplicationBootstrap(): void {
    this.verifier?.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.verifier?.stop();
  }

  private tell(result: Verification): void {
    const { logger } = this.parts;
    const { events, accounts, found, differences } = result;
    this.last = result;
    if (found === 0) {
      this.lastWithout = result;
      logger.info('verified', { events, accounts, differences: 0 });
      return;
    }
    for (const difference of differences) {
      logger.warn(`a difference: ${printLedgerDifference(difference)}`, { ...difference });
    }
    logger.warn('the ledger has differences', { events, accounts, differences: found });
  }

  /** Of this process: where several project, one of them verifies, and the others say nothing. */
  private measure(): void {
    const { metrics } = this.parts;
    metrics.gauge(
      'projector_verify_differences',
      'Differences that the last verification found',
      [],
      (gauge) => gauge.set(this.last?.found ?? NaN),
    );
    const lastSuccess = (name: string, help: string) =>
      metrics.gauge(name, help, [], (gauge) =>
        gauge.set(this.lastWithout ? Number(this.lastWithout.at / BigInt(MICROS)) : 0),
      );
    const help = 'When a verification last found none, in seconds since 1970; 0: never yet';
    lastSuccess('projector_verify_last_success_timestamp_seconds', help);
    lastSuccess(
      'projector_verify_last_success_seconds',
      'The same as projector_verify_last_success_timestamp_seconds, under its name of before',
    );
  }
}
