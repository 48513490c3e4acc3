import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { projectionMisfit } from '#libs/projection';
import { WakeableLoop, type CheckResult } from '#libs/runtime';
import type { Consumption, PartitionState } from '#libs/spend-log';
import { LogProjector } from './project-log';
import { ProjectorParts } from './projector-parts';

/** How often it looks whether the projection's rows are of this code. */
const LOOK_MS = 1000;

/**
 * Projects for as long as the process lives and the projection's rows are of its code; a halted partition, or rows of
 * other code, makes it not ready and says why.
 */
@Injectable()
export class ProjectorLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private consumption: Consumption | undefined;
  private misfit: string | undefined;
  private readonly keeping: WakeableLoop;

  constructor(
    private readonly projector: LogProjector,
    @Inject(ProjectorParts)
    private readonly parts: Pick<
      ProjectorParts,
      'database' | 'log' | 'readiness' | 'serving' | 'metrics' | 'logger' | 'onError'
    >,
  ) {
    this.keeping = new WakeableLoop({
      round: () => this.consumeIfOurs(),
      ...{ pauseMs: 0, pollMs: LOOK_MS, retryMs: LOOK_MS },
      onError: (error) => parts.onError(error, 'looking at the version of the projection'),
    });
    projector.onOtherProjection = () => this.keeping.wake();
  }

  async onApplicationBootstrap(): Promise<void> {
    const { log, readiness, serving } = this.parts;
    await this.consumeIfOurs();
    this.keeping.start();
    readiness.addDependency(log.dependency, () => log.answers());
    readiness.add('projection', () => Promise.resolve(this.health()));
    serving.addPart('projector', [], () => {
      const detail = this.whyNoShare();
      return detail === undefined ? { ready: true } : { ready: false, detail };
    });
    this.measure();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.keeping.stop();
    await this.consumption?.stop();
  }

  /** Without a share of the partitions while the rows are of other code, so that those who have that code get them all. */
  private async consumeIfOurs(): Promise<void> {
    const misfit = await projectionMisfit(this.parts.database);
    if (misfit !== undefined && misfit !== this.misfit) this.parts.logger.warn(misfit);
    this.misfit = misfit;
    if (misfit === undefined) {
      this.consumption ??= await this.parts.log.consume(this.projector);
    } else {
      const consumption = this.consumption;
      this.consumption = undefined;
      await consumption?.stop();
    }
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

  /** `undefined`: it has its share of the partitions, be some of them halted. */
  private whyNoShare(): string | undefined {
    if (this.misfit !== undefined) return this.misfit;
    const isShared = (this.consumption?.rebalances() ?? 0) > 0;
    return isShared ? undefined : 'the partitions have not been shared out yet';
  }

  private health(): CheckResult {
    const rebalances = this.consumption?.rebalances() ?? 0;
    const sentence = this.whyNoShare() ?? this.halted()[0];
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
