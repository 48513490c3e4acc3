import { createHash } from 'node:crypto';
import type { Database } from '#libs/postgres';
import { homeOf, type PlanRules } from '#libs/projection';
import type { NewRecord, SpendLog } from '#libs/spend-log';
import { eventKeyOf, keyOfFact, readExportLine, writeMark, type ExportLine } from '#libs/wire';
import { CommandRefused } from '../../command-refused';
import type { CheckedExport } from '../../export-file/check-export';
import { claimImported, findClaims } from './claim-imported';
import { noteDone } from './import-state';
import { KnownAt } from './known-at';
import { placeQuarantined } from './place-line';
import { readLines, type Line } from '../../export-file/read-lines';

export interface AppendLimits {
  /** Most lines that are claimed and appended at once, and most of their bytes. */
  readonly lines: number;
  readonly bytes: number;
}

export const APPEND_LIMITS: AppendLimits = { lines: 500, bytes: 512 * 1024 };

/** What the first reading has found nothing wrong with can fail only when the file is another one by now. */
const HALF =
  'The ledger has half a file: import the file as it was, or empty the ledger with `import --drop`.';

type Read = ExportLine & { readonly number: number };
type Fact = Extract<Read, { kind: 'fact' }>;

/** Where an export goes. */
export interface ImportTarget {
  readonly database: Database;
  readonly log: SpendLog;
  readonly rules: PlanRules;
}

/**
 * Brings the lines of an export that was checked onto the log of an empty ledger, batch by batch: claims, then records.
 * What a run that broke off has claimed or appended is claimed and appended again, which changes nothing.
 */
export class ExportAppender {
  private readonly known = new KnownAt();
  private readonly hash = createHash('sha256');
  private at = 0;

  /** @param done lines that the log has already */
  constructor(
    private readonly target: ImportTarget,
    private readonly done: number,
    private readonly limits = APPEND_LIMITS,
  ) {}

  async append(
    path: string,
    { lines, sha256 }: CheckedExport,
    onDone: (done: number) => void,
  ): Promise<void> {
    let batch: Line[] = [];
    let bytes = 0;
    const flush = async () => {
      await this.appendBatch(batch);
      [batch, bytes] = [[], 0];
      onDone(this.at);
    };
    for await (const read of readLines(path)) {
      for (const line of read) {
        if (line.number > lines + 1) continue;
        this.hash.update(line.bytes);
        if (line.number === 1) continue;
        // A batch ends where the last run was, so that none is half done.
        const isFull = batch.length >= this.limits.lines || bytes >= this.limits.bytes;
        if (isFull || this.at + batch.length === this.done) if (batch.length > 0) await flush();
        batch.push(line);
        bytes += line.bytes.length;
      }
    }
    if (batch.length > 0) await flush();
    if (this.at !== lines || this.hash.digest('hex') !== sha256) {
      throw new CommandRefused(`The file was changed while it was imported. ${HALF}`);
    }
  }

  private async appendBatch(batch: readonly Line[]): Promise<void> {
    const { database, log, rules } = this.target;
    const read = batch.map((line) => this.read(line));
    const placed = await this.place(read.filter((line): line is Fact => line.kind === 'fact'));
    const records = read.flatMap((line) =>
      line.kind === 'fact' ? this.recordsOf(placed.get(line)!) : [placeQuarantined(line, rules)],
    );
    const from = this.at;
    this.at += batch.length;
    if (this.at <= this.done) return;
    const facts = [...placed.values()];
    if (facts.length > 0) {
      const foreign = await claimImported(database, rules.partitions, facts);
      const stranger = facts.find(({ event }) => foreign.has(keyOfFact(event)));
      if (stranger) {
        throw new CommandRefused(
          `Line ${stranger.number} has other content than what is on record under its source and id. ${HALF}`,
        );
      }
    }
    await log.append(records);
    await noteDone(database, from, this.at);
  }

  private read({ text, number }: Line): Read {
    const line = readExportLine(text, this.target.rules);
    if (!line.ok)
      throw new CommandRefused(`The file was changed in line ${number} while it was read. ${HALF}`);
    return { ...line.value, number };
  }

  /** A correction stands where its spend does: in this batch, or claimed by one before. */
  private async place(facts: readonly Fact[]): Promise<ReadonlyMap<Fact, Fact>> {
    const { database, rules } = this.target;
    const here = new Map<string, number>();
    const adjusted = facts.flatMap(({ event }) =>
      event.kind === 'spend_adjusted' ? [eventKeyOf(event.adjustment.adjusts)] : [],
    );
    const claimed = await findClaims(database, adjusted);
    const placed = new Map<Fact, Fact>();
    for (const fact of facts) {
      const { event, number } = fact;
      const find = (key: string) => here.get(key) ?? claimed.get(key);
      const partition =
        event.kind === 'spend_adjusted'
          ? find(eventKeyOf(event.adjustment.adjusts))
          : homeOf(event, rules.partitions);
      if (partition === undefined) {
        throw new CommandRefused(
          `Line ${number} corrects a spend that no line before it has. ${HALF}`,
        );
      }
      here.set(keyOfFact(event), partition);
      placed.set(fact, { ...fact, partition });
    }
    return placed;
  }

  private recordsOf({ partition, record, event, knownAt }: Fact): NewRecord[] {
    const mark = this.known.next(partition, event.recordedAt, knownAt);
    const written = { ...record, partition };
    return mark === undefined ? [written] : [{ ...writeMark(mark, 'import'), partition }, written];
  }
}
