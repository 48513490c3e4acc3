import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { projectionMisfit, readLags } from '#libs/projection';
import { Scraped, WakeableLoop, type CheckResult } from '#libs/runtime';
import type { Consumption, PartitionState } from '#libs/spend-log';
import { causeOf } from './partition-failures';
import { sentenceOf, type PartitionBehind } from './partitions-behind';
import { LogProjector } from './project-log';
import { ProjectorParts } from './projector-parts';

/** How often it looks whether the projection's rows are of this code. */
const LOOK_MS = 1000;

/**
 * Projects for as long as the process lives and the projection's rows are of its code; a halted partition, one that is
 * behind by more than it may, or rows of other code, makes it not ready and says why.
 */
@Injectable()
export class ProjectorLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private consumption: Consumption | undefined;
  private misfit: string | undefined;
  /** Of consumptions that have ended. */
  private earlierRebalances = 0;
  private readonly keeping: WakeableLoop;

  constructor(
    private readonly projector: LogProjector,
    @Inject(ProjectorParts)
    private readonly parts: Pick<
      ProjectorParts,
      'database' | 'log' | 'readiness' | 'serving' | 'metrics' | 'logger' | 'onError' | 'limits'
    >,
  ) {
    this.keeping = new WakeableLoop({
      round: () => this.consumeIfOurs(),
      pauseMs: 0,
      pollMs: LOOK_MS,
      retryMs: LOOK_MS,
      onError: (error) => parts.onError(error, 'looking at the version of the projection'),
    });
    projector.onOtherProjection = () => this.keeping.wake();
  }

  async onApplicationBootstrap(): Promise<void> {
    const { log, readiness, serving } = this.parts;
    await this.consumeIfOurs();
    this.keeping.start();
    readiness.addDependency(log.dependency, () => log.answers());
    readiness.add('projection', () => this.health());
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
      this.earlierRebalances += consumption?.rebalances() ?? 0;
      await consumption?.stop();
    }
  }

  private measure(): void {
    const { metrics } = this.parts;
    const scrapedLags = new Scraped(() => this.lags());
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
    metrics.gauge(
      'projector_lag_seconds',
      'How long ago the projection had all of the log, by partition; absent before it ever had',
      ['partition'],
      async (gauge) => {
        const lags = await scrapedLags.read();
        gauge.reset();
        for (const partition of this.ours()) {
          const lagMs = lags?.get(partition);
          if (typeof lagMs === 'number') gauge.set({ partition }, lagMs / 1000);
        }
      },
    );
    metrics.gauge('projector_halted_partitions', 'Partitions that stand still', [], (gauge) => {
      gauge.set(this.halted().length);
    });
    this.measureRebalances();
  }

  private measureRebalances(): void {
    const { metrics } = this.parts;
    const count = () => this.earlierRebalances + (this.consumption?.rebalances() ?? 0);
    const help = 'How often this process got its partitions anew';
    metrics.gauge('projector_rebalances', `${help}; see projector_rebalances_total`, [], (gauge) =>
      gauge.set(this.consumption?.rebalances() ?? 0),
    );
    let counted = 0;
    const counter = metrics.counter('projector_rebalances_total', help, [], () => {
      counter.inc(count() - counted);
      counted = count();
    });
  }

  /** `undefined`: it has its share of the partitions, be some of them halted. */
  private whyNoShare(): string | undefined {
    if (this.misfit !== undefined) return this.misfit;
    const isShared = (this.consumption?.rebalances() ?? 0) > 0;
    return isShared ? undefined : 'the partitions have not been shared out yet';
  }

  private async health(): Promise<CheckResult> {
    const rebalances = this.consumption?.rebalances() ?? 0;
    const [behind, unknown] = await this.behind().then(
      (found) => [found, undefined] as const,
      (error: unknown) =>
        [[], `How far the projection is cannot be read: ${causeOf(error)}.`] as const,
    );
    const sentence =
      this.whyNoShare() ??
      this.halted()[0] ??
      unknown ??
      (behind.length > 0 ? sentenceOf(behind) : undefined);
    const lag = this.states().map((state) => {
      const records = lagOf(state);
      return [state.partition, records === undefined ? null : Number(records)] as const;
    });
    const facts = {
      rebalances,
      halted: this.states().flatMap(({ partition, halted }) => (halted ? [partition] : [])),
      behind: behind.map(({ partition }) => partition),
      lag: Object.fromEntries(lag),
    };
    return sentence === undefined
      ? { ready: true, facts }
      : { ready: false, detail: sentence, facts };
  }

  /** Those of its partitions that are behind by more than they may. */
  private async behind(): Promise<PartitionBehind[]> {
    const lags = await this.lags();
    const states = new Map(this.states().map((state) => [state.partition, state]));
    return this.ours().flatMap((partition) => {
      const lagMs = lags.get(partition) ?? null;
      if (lagMs !== null && lagMs <= this.parts.limits.maxLagMs) return [];
      const state = states.get(partition);
      const records = state && lagOf(state);
      return [{ partition, lagMs, records, cause: this.projector.failures.causeOf(partition) }];
    });
  }

  private lags(): Promise<ReadonlyMap<number, number | null>> {
    return readLags(this.parts.database.forReads());
  }

  /** Also those that it has not fenced yet, or cannot. */
  private ours(): readonly number[] {
    return this.consumption?.share() ?? [];
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
