import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database, LedgerFacts, Tables } from '#libs/postgres';
import {
  analyzeRebuild,
  dropRebuild,
  dropReplaced,
  holdProjectors,
  prepareRebuild,
  readLiveOffsets,
  REBUILD_SCHEMA,
  RebuiltProjection,
  snapshotOfBoth,
  swapTables,
  type Comparison,
} from '#libs/projection';
import type { Consumption, PartitionReader } from '#libs/spend-log';
import type { Cli } from '../../command';
import { CommandRefused } from '../../command-refused';
import { compareUnlessStopped } from './compare-unless-stopped';
import { Estimate } from './estimate';
import { RebuildReader } from './rebuild-reader';

export interface RebuildReport extends Comparison {
  readonly swapped: boolean;
}

/** Where the records come from, each partition's from its first one on. */
export type RecordSource = (reader: PartitionReader) => Promise<Consumption>;

/** Fills the empty tables with what does not come from the log. */
export type Filler = (rebuilt: RebuiltProjection) => Promise<void>;

const LOOK_MS = 200;
const KEPT = 'What was rebuilt is kept, and the next rebuild goes on from there.';

/** One rebuild, from empty tables to a comparison or a swap. */
export class Rebuild {
  private readonly writing: Database;
  private readonly looking: Database;
  private readonly rebuilt: RebuiltProjection;
  private readonly reader: RebuildReader;
  private readonly estimate = new Estimate();
  private reading: Consumption | undefined;

  constructor(
    private readonly cli: Pick<Cli, 'config' | 'tell' | 'tellProgress' | 'stopped'>,
    private readonly on: {
      readonly database: Database;
      readonly facts: LedgerFacts;
      /** The one that has the lock of rebuilds. */
      readonly connection: Kysely<Tables>;
    },
    private readonly source: RecordSource,
    private readonly fill?: Filler,
  ) {
    const { parallel, maxWindowSums } = cli.config.rebuild;
    const { database, facts } = on;
    this.writing = database.separatePool({
      schema: REBUILD_SCHEMA,
      maxConnections: parallel,
      byIndexes: true,
    });
    this.looking = database.separatePool({
      schema: REBUILD_SCHEMA,
      maxConnections: 1,
      idleMs: 60_000,
    });
    this.rebuilt = new RebuiltProjection(this.writing, facts, maxWindowSums);
    this.reader = new RebuildReader(this.rebuilt, parallel);
  }

  async run(wanted: { readonly swap: boolean; readonly anew: boolean }): Promise<RebuildReport> {
    const { database } = this.on;
    try {
      const { isResumed } = await prepareRebuild(database, wanted);
      if (isResumed) this.cli.tell('Going on with a rebuild that was interrupted.');
      await this.fill?.(this.rebuilt);
      this.reading = await this.source(this.reader);
      await this.readToTheEnd();
      this.goesOn();
      this.cli.tellProgress('summing');
      await this.reader.sum();
      await analyzeRebuild(database);
      const comparison = await this.compare();
      if (wanted.swap) await this.swap();
      await this.stopReading();
      await dropRebuild(database);
      if (wanted.swap) await dropReplaced(database.kysely);
      return { ...comparison, swapped: wanted.swap };
    } finally {
      await this.stopReading();
      await Promise.all([this.writing.close(), this.looking.close()]);
    }
  }

  /** Up to where the live projection is, or nearly. */
  private async readToTheEnd(): Promise<void> {
    for (;;) {
      this.reader.allow(await readLiveOffsets(this.on.connection));
      const { done, of } = this.reader.progress();
      this.estimate.add({ atMs: performance.now(), done: Number(done), of: Number(of) });
      this.cli.tellProgress(this.estimate.print());
      // What is left of a batch is read while projectors wait.
      if (of - done <= BigInt(this.cli.config.rebuild.batch.records)) return;
      this.goesOn();
      await sleep(LOOK_MS, undefined, { signal: this.cli.stopped }).catch(() => undefined);
    }
  }

  private async compare(): Promise<Comparison> {
    const snapshot = await this.patiently('compared with', async () => {
      const held = await holdProjectors(this.on.connection, async (trx) =>
        (await this.catchUp(trx)) ? snapshotOfBoth(this.looking) : undefined,
      );
      return held.outcome === 'done' ? held.result : undefined;
    });
    return compareUnlessStopped(snapshot, this.on.database, this.cli);
  }

  private async swap(): Promise<void> {
    await this.patiently('swapped for', async () => {
      const outcome = await swapTables(this.on.connection, (trx) => this.catchUp(trx));
      return outcome === 'swapped' || undefined;
    });
  }

  /** To where the projectors, which are held up, have left off. @returns false: not in time */
  private async catchUp(trx: Kysely<Tables>): Promise<boolean> {
    this.reader.allow(await readLiveOffsets(trx));
    return this.reader.reachesBounds(this.cli.config.rebuild.holdMs);
  }

  private async patiently<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + this.cli.config.rebuild.patienceMs;
    do {
      await this.readToTheEnd();
      this.goesOn();
      const result = await attempt();
      if (result !== undefined) return result;
      await sleep(LOOK_MS);
    } while (performance.now() < deadline);
    throw new CommandRefused(
      `The live tables could not be ${what} what was rebuilt, because others use them all the time. ${KEPT}`,
    );
  }

  /** @throws CommandRefused where it cannot or shall not */
  private goesOn(): void {
    if (this.cli.stopped.aborted) throw new CommandRefused(`Interrupted. ${KEPT}`);
    const halted = this.reading?.states().find((state) => state.halted !== undefined)?.halted;
    if (halted !== undefined) throw new CommandRefused(`${halted} ${KEPT}`);
  }

  private async stopReading(): Promise<void> {
    this.reader.stop();
    await this.reading?.stop();
    this.reading = undefined;
  }
}
