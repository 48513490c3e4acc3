import type { Migration, MigrationProvider } from 'kysely/migration';
import * as clockAndLedger from './0001-clock-and-ledger';
import * as claimsAndLog from './0002-claims-and-log';
import * as projection from './0003-projection';
import * as logIdentity from './0004-log-identity';
import * as windows from './0005-windows';
import * as keptDecisions from './0006-kept-decisions';
import * as warnings from './0007-warnings';
import * as scopeTrigger from './0008-scope-trigger';
import * as holds from './0009-holds';
import * as audit from './0010-audit';
import * as access from './0011-access';
import * as insertOnly from './0012-insert-only';
import * as importTrigger from './0013-import-trigger';
import * as keyOwners from './0014-key-owners';
import * as timeZoneData from './0015-time-zone-data';
import * as prices from './0016-prices';
import * as holdsThatExpire from './0017-holds-that-expire';
import * as scopeOfTheLastEvent from './0018-scope-of-the-last-event';
import * as labels from './0019-labels';
import * as pools from './0020-pools';
import * as heldPools from './0021-held-pools';

/** Named one by one, so that a build carries them all. Forward only: a change is a new migration. */
export const migrations: MigrationProvider = {
  getMigrations: (): Promise<Record<string, Migration>> =>
    Promise.resolve({
      '0001-clock-and-ledger': clockAndLedger,
      '0002-claims-and-log': claimsAndLog,
      '0003-projection': projection,
      '0004-log-identity': logIdentity,
      '0005-windows': windows,
      '0006-kept-decisions': keptDecisions,
      '0007-warnings': warnings,
      '0008-scope-trigger': scopeTrigger,
      '0009-holds': holds,
      '0010-audit': audit,
      '0011-access': access,
      '0012-insert-only': insertOnly,
      '0013-import-trigger': importTrigger,
      '0014-key-owners': keyOwners,
      '0015-time-zone-data': timeZoneData,
      '0016-prices': prices,
      '0017-holds-that-expire': holdsThatExpire,
      '0018-scope-of-the-last-event': scopeOfTheLastEvent,
      '0019-labels': labels,
      '0020-pools': pools,
      '0021-held-pools': heldPools,
    }),
};
