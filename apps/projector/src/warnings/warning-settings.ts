import type { WebhookSettings } from './delivery/webhook-settings';
import type { TestLimits } from './warning-tester';

/** What operators decide about warnings. */
export interface WarningSettings {
  readonly test: TestLimits;
  /** `undefined`: warnings are kept and sent nowhere. */
  readonly webhook: WebhookSettings | undefined;
}
