import type { FieldError, Scope } from '#libs/ledger';
import { parseReportedSpend, spendContentHash, type ReportedSpend } from '#libs/wire';
import { isSameScope } from '#libs/ledger';
import type { Cli } from '../../command';
import type { Decimal } from './double';
import { eventOfRow, type EventRules } from './event-of-row';
import { insist, Interrupted } from './insist';
import type { LogRow } from './log-row';
import { outcomeOfRow } from './outcome-of-row';
import type { Cursor, LogReader } from './read-rows';
import type { Recorded, Recorder } from './recorder';
import { scopeOfRow } from './scope-of-row';
import type { SeenRows } from './seen-rows';
import type { Tally } from './tally';

export interface RowRules extends EventRules {
  readonly unpricedModels: ReadonlySet<string>;
  /** By a token that was rotated away the one in its place. */
  readonly activeKeys: ReadonlyMap<string, string>;
}

export interface RowImportParts {
  readonly reader: LogReader;
  readonly recorder: Recorder;
  readonly rules: RowRules;
  readonly tally: Tally;
  /** Most batches that are recorded at once. */
  readonly batches: number;
}

interface Prepared {
  readonly row: LogRow;
  readonly reported: ReportedSpend;
  readonly cost: Decimal | undefined;
}

/** Rows that are not taken yet: the clock of the ledger is behind LiteLLM's. */
const TOO_EARLY = 'not_ahead';

/** Makes events of LiteLLM's rows and has them recorded, page by page; what it holds at once is bounded. */
export class RowImport {
  private readonly underWay = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly cli: Cli,
    private readonly parts: RowImportParts,
  ) {}

  /**
   * Reads all rows behind a cursor, and records them.
   * @param seen rows that this process has handed on already, which are passed over
   * @returns where the last row stands, or the cursor
   */
  async sweep(from: Cursor, seen?: SeenRows): Promise<Cursor> {
    const { reader, recorder, batches, tally } = this.parts;
    let at = from;
    try {
      for (;;) {
        const rows = await insist(this.cli, () => reader.after(at));
        const last = rows.at(-1);
        if (last === undefined) break;
        at = { startTime: last.startTime, requestId: last.requestId };
        const fresh = seen ? rows.filter((row) => !seen.has(row)) : rows;
        if (fresh.length === 0) continue;
        const now = await insist(this.cli, () => recorder.now());
        const prepared = fresh.flatMap((row) => this.prepare(row, now, seen) ?? []);
        while (this.underWay.size >= batches) await Promise.race(this.underWay);
        if (prepared.length > 0) this.start(prepared);
        this.stopIfFailed();
        this.cli.tellProgress(`${tally.read} rows, the last of ${at.startTime}`);
      }
    } finally {
      await Promise.all(this.underWay);
    }
    this.stopIfFailed();
    return at;
  }

  private prepare(row: LogRow, now: bigint, seen?: SeenRows): Prepared | undefined {
    const { rules, tally, recorder } = this.parts;
    const onRenamed = tally.rename.bind(tally);
    const outcome = outcomeOfRow(row, rules.unpricedModels);
    if ('skipped' in outcome) {
      this.count(row, seen);
      tally.passOver(outcome.skipped, row);
      return undefined;
    }
    const scope = scopeOfRow(row, rules.activeKeys, onRenamed);
    const event = eventOfRow(row, outcome, scope, rules, onRenamed);
    const id = String(event.attributes['id']);
    const reported = parseReportedSpend(event, { currency: recorder.currency, now });
    if (!reported.ok) {
      this.refuse(row, id, reported.errors[0]!, seen);
      return undefined;
    }
    this.count(row, seen);
    tally.suspect(row, id);
    return { row, reported: reported.value, cost: 'cost' in outcome ? outcome.cost : undefined };
  }

  private count(row: LogRow, seen: SeenRows | undefined): void {
    this.parts.tally.read += 1;
    seen?.add(row);
  }

  /** A row of a time to come is offered again with the next sweep, and told of once. */
  private refuse(row: LogRow, id: string, fault: FieldError, seen: SeenRows | undefined): void {
    const isEarly = fault.rule === TOO_EARLY;
    if (isEarly && seen && !seen.isFirstOffer(row)) return;
    this.parts.tally.read += 1;
    if (!isEarly) seen?.add(row);
    this.tellRefusal(id, fault);
  }

  private start(prepared: readonly Prepared[]): void {
    const recording = this.record(prepared)
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.underWay.delete(recording));
    this.underWay.add(recording);
  }

  private async record(prepared: readonly Prepared[]): Promise<void> {
    const spends = prepared.map(({ reported }) => reported);
    const results = await insist(this.cli, () => this.parts.recorder.record(spends));
    for (const [at, one] of prepared.entries()) this.settle(one, results[at]!);
  }

  private settle(prepared: Prepared, recorded: Recorded): void {
    const { tally } = this.parts;
    const { spend } = prepared.reported;
    if (recorded.outcome !== 'conflict') {
      tally.take(recorded.outcome, spend, prepared.cost);
    } else if (this.isOfRotatedKey(prepared, recorded)) {
      tally.take('duplicate', spend, prepared.cost);
    } else {
      const { recordedHash, givenHash, differs } = recorded;
      const what = differs.length > 0 ? ` in ${differs.join(', ')}` : '';
      this.tellRefusal(spend.id, {
        field: 'id',
        rule: 'event_conflict',
        message: `is on record with other content${what} (recorded ${recordedHash}, given ${givenHash}): the row was changed after it was recorded`,
      });
    }
  }

  /** A key that was rotated between two imports has another name in the second; the row is the same. */
  private isOfRotatedKey(
    { row, reported: { spend } }: Prepared,
    { recordedHash, recordedScope, differs }: Recorded & { readonly outcome: 'conflict' },
  ): boolean {
    const before = scopeOfRow(row, new Map());
    if (spendContentHash({ ...spend, scope: before }) === recordedHash) return true;
    const isScopeAlone = differs.length === 1 && differs[0] === 'scope';
    if (!isScopeAlone || recordedScope === undefined) return false;
    const { keyId } = recordedScope;
    return keyId !== undefined && isSameScope(recordedScope, withKey(spend.scope, keyId));
  }

  private tellRefusal(id: string, fault: FieldError): void {
    this.parts.tally.refuse(id, fault);
    this.cli.tell(`Refused: row ${id}: ${fault.field} ${fault.message}.`);
  }

  private stopIfFailed(): void {
    if (this.failure) throw this.failure.error;
    if (this.cli.stopped.aborted) throw new Interrupted();
  }
}

function withKey(scope: Scope, keyId: string): Scope {
  return scope.keyId === undefined ? scope : { ...scope, keyId };
}
