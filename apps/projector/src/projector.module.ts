import { Module, type DynamicModule } from '@nestjs/common';
import { LogProjector } from './project-log';
import { ProjectorLifecycle } from './projector-lifecycle';
import { ProjectorParts } from './projector-parts';

/** projector: the only writer of events, balances and budgets in Postgres. All of its wiring. */
@Module({})
export class ProjectorModule {
  static of(parts: ProjectorParts): DynamicModule {
    return {
      module: ProjectorModule,
      providers: [
        { provide: ProjectorParts, useValue: parts },
        { provide: LogProjector, useValue: new LogProjector(parts.database, parts, parts.limits) },
        ProjectorLifecycle,
      ],
    };
  }
}
