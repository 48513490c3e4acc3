import { Module, type DynamicModule } from '@nestjs/common';
import { OLDER_THAN_ITS_LOG } from '#libs/spend-log';
import { measureRecord } from './measure-record';
import { LogProjector } from './project-log';
import { ProjectorLifecycle } from './projector-lifecycle';
import { ProjectorParts } from './projector-parts';
import { VerificationLifecycle } from './verification/verification-lifecycle';
import { TouchedAccounts } from './warnings/touched-accounts';
import { WarningsLifecycle } from './warnings/warnings-lifecycle';

/** projector: the only writer of events, balances and budgets in Postgres. All of its wiring. */
@Module({})
export class ProjectorModule {
  static of(parts: ProjectorParts): DynamicModule {
    const touched = new TouchedAccounts(parts.warnings.test.maxTouched);
    const { database, log, logId, logger } = parts;
    const elsewhere =
      logId === null
        ? undefined
        : {
            endOffsets: () => log.endOffsets(),
            onOlder: () => logger.warn(OLDER_THAN_ITS_LOG),
          };
    measureRecord(parts);
    const projector = new LogProjector(database, parts, parts.limits, touched, elsewhere);
    return {
      module: ProjectorModule,
      providers: [
        { provide: ProjectorParts, useValue: parts },
        { provide: LogProjector, useValue: projector },
        { provide: TouchedAccounts, useValue: touched },
        ProjectorLifecycle,
        WarningsLifecycle,
        VerificationLifecycle,
      ],
    };
  }
}
