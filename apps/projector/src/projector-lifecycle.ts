import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { CheckResult } from '#libs/runtime';
import type { Consumption, PartitionState } from '#libs/spend-log';
import { LogProjector } from './project-log';
import { ProjectorParts } from './projector-parts';

/** Projects for as long as the process lives; a halted partition makes it not ready and says why. */
@Injectable()
export class ProjectorLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private consumption: Consumption | undefined;

  constructor(
    private readonly projector: LogProjector,
    @Inject(ProjectorParts)
    private readonly parts: Pick<ProjectorParts, 'log' | 'readiness' | 'metrics'>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { log, readiness } = this.parts;
    this.consumption = await log.consume(this.projector);
    readiness.addDependency(log.dependency, () => log.answers());
    readiness.add('projection', () => Promise.resolve(this.health()));
    this.measure();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.consumption?.stop();
  }

  private measure(): void {
    const { metrics } = this.parts;
    const perPartition = (
      name: string,
      help: string,
      of: (state: PartitionState) => bigint | undefined,
    ) =>
      metrics.gauge(name, help, ['partition'], (gauge) => {
        gauge.reset();
        for (const state of this.states()) {
          const value = of(state);
          if (value !== undefined) gauge.set({ partition: state.partition }, Number(value));
        }
      });
    perPartition('projector_next_offset', 'Offsets read by partition', (state) => state.nextOffset);
    perPartition('projector_lag_records', 'Records of the log that are not projected yet', lagOf);
    metrics.gauge('projector_halted_partitions', 'Partitions that stand still', [], (gauge) => {
      gauge.set(this.halted().length);
    });
    metrics.gauge(
      'projector_rebalances',
      'How often this process got its partitions anew',
      [],
      (gauge) => gauge.set(this.consumption?.rebalances() ?? 0),
    );
  }

  private health(): CheckResult {
    const rebalances = this.consumption?.rebalances() ?? 0;
    const sentence =
      rebalances === 0 ? 'the partitions have not been shared out yet' : this.halted()[0];
    const lag = this.states().map((state) => {
      const records = lagOf(state);
      return [state.partition, records === undefined ? null : Number(records)] as const;
    });
    const facts = {
      rebalances,
      halted: this.states().flatMap(({ partition, halted }) => (halted ? [partition] : [])),
      lag: Object.fromEntries(lag),
    };
    return sentence === undefined
      ? { ready: true, facts }
      : { ready: false, detail: sentence, facts };
  }

  private states(): readonly PartitionState[] {
    return this.consumption?.states() ?? [];
  }

  private halted(): string[] {
    return this.states().flatMap(({ halted }) => halted ?? []);
  }
}

/** In records; `undefined` before the log's end is known. */
function lagOf({ nextOffset, endOffset }: PartitionState): bigint | undefined {
  if (endOffset === undefined) return undefined;
  return endOffset > nextOffset ? endOffset - nextOffset : 0n;
}
