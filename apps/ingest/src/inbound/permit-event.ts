import { permitRole, permitScope, permitSource, type Caller } from '#libs/access';
import type { ReportedAdjustment, ReportedSpend } from '#libs/wire';

/**
 * Spends need the role `record`, corrections `admin`; both a source that the caller may report of. Whose spend a
 * correction corrects is looked at where that is found.
 * @throws Problem `forbidden`
 */
export function permitEvent(caller: Caller, reported: ReportedSpend | ReportedAdjustment): void {
  if ('spend' in reported) {
    permitRole(caller, 'record');
    permitSource(caller, reported.spend.source);
    permitScope(caller, reported.spend.scope);
  } else {
    permitRole(caller, 'admin');
    permitSource(caller, reported.adjustment.source);
  }
}
