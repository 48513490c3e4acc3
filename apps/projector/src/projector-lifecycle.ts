import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Consumption } from '#libs/spend-log';
import { LogProjector } from './project-log';
import { ProjectorParts } from './projector-parts';

/** Projects for as long as the process lives; a halted partition makes it not ready and says why. */
@Injectable()
export class ProjectorLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private consumption: Consumption | undefined;

  constructor(
    private readonly projector: LogProjector,
    private readonly parts: ProjectorParts,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { log, readiness, metrics } = this.parts;
    this.consumption = await log.consume(this.projector);
    readiness.add('projection', () => Promise.resolve(this.health()));
    metrics.gauge('projector_next_offset', 'Offsets read by partition', ['partition'], (gauge) => {
      gauge.reset();
      for (const { partition, nextOffset } of this.consumption?.states() ?? []) {
        gauge.set({ partition }, Number(nextOffset));
      }
    });
    metrics.gauge('projector_halted_partitions', 'Partitions that stand still', [], (gauge) => {
      gauge.set(this.halted().length);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.consumption?.stop();
  }

  private health(): { ready: boolean; detail?: string } {
    const [sentence] = this.halted();
    return sentence === undefined ? { ready: true } : { ready: false, detail: sentence };
  }

  private halted(): string[] {
    return (this.consumption?.states() ?? []).flatMap(({ halted }) => halted ?? []);
  }
}
