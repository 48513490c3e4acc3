import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Scraped } from '#libs/runtime';
import { ProjectorParts } from '../projector-parts';
import { countBacklog } from './delivery/delivery-queue';
import { WarningDeliverer } from './delivery/warning-deliverer';
import type { WebhookSettings } from './delivery/webhook-settings';
import { TouchedAccounts } from './touched-accounts';
import { WarningTester } from './warning-tester';

/** Keeps warnings and delivers them for as long as the process lives. */
@Injectable()
export class WarningsLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly tester: WarningTester;
  private readonly deliverer: WarningDeliverer | undefined;

  constructor(
    touched: TouchedAccounts,
    private readonly parts: ProjectorParts,
  ) {
    const { metrics, warnings, database, onError } = parts;
    const kept = metrics.counter('projector_warnings_kept_total', 'Warnings that were new');
    this.deliverer = warnings.webhook && this.deliver(warnings.webhook);
    this.tester = new WarningTester(parts, touched, warnings.test, {
      onKept: (count) => {
        kept.inc(count);
        this.deliverer?.wake();
      },
      onError: (error) => onError(error, 'testing for warnings'),
    });
    const backlog = new Scraped(() => countBacklog(database));
    metrics.gauge(
      'projector_warning_backlog',
      'Warnings that are still to be delivered, up to 100,000',
      [],
      async (gauge) => {
        gauge.set(warnings.webhook ? ((await backlog.read()) ?? NaN) : 0);
      },
    );
  }

  onApplicationBootstrap(): void {
    this.tester.start();
    this.deliverer?.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.tester.stop(), this.deliverer?.stop(this.parts.drainMs / 2)]);
  }

  private deliver(webhook: WebhookSettings): WarningDeliverer {
    const { metrics, logger, database, onError } = this.parts;
    const deliveries = metrics.counter(
      'projector_warning_deliveries_total',
      'Attempts to deliver warnings by their outcome',
      ['outcome'],
    );
    return new WarningDeliverer(database, webhook, {
      onOutcome: (outcome) => deliveries.inc({ outcome }),
      onTrouble: (sentence) => logger.warn(sentence),
      onRecovered: (sentence) => logger.info(sentence),
      onError: (error) => onError(error, 'delivering warnings'),
    });
  }
}
