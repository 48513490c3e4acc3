import { instantOf, parsePosition, type Instant, type Position } from '#libs/ledger';
import type { LedgerFacts } from '#libs/postgres';
import type { Plan, RebuiltFence, RebuiltProjection } from '#libs/projection';
import { readExportLine, type ExportHead, type ExportLine, type LogRecord } from '#libs/wire';
import { CommandRefused } from '../../command-refused';
import { checkExport, type CheckedExport, type CheckedFor } from '../../export-file/check-export';
import type { NameLimits } from '../../export-file/export-names';
import { readLines } from '../../export-file/read-lines';

type Exported = Pick<RebuiltProjection, 'fence' | 'applyExported' | 'endExported'>;
interface Waiting {
  /** In the order of the log. */
  readonly records: LogRecord[];
  readonly knownAt: Map<bigint, Instant>;
}

/** An export of this very ledger. @throws CommandRefused */
export async function exportToRebuildFrom(
  path: string,
  database: CheckedFor['database'],
  { id, currency, partitions }: LedgerFacts,
  limits?: NameLimits,
): Promise<CheckedExport> {
  const checked = await checkExport(path, { database, currency }, limits);
  const { head } = checked;
  if (head.ledgerId === id && head.partitions === partitions) return checked;
  throw new CommandRefused(
    `The export is of ledger ${head.ledgerId}, and this one is ${id}: a ledger is rebuilt from its own record. Nothing was done.`,
  );
}

/** Fills the tables beside the live ones from an export; what came after it is on the log. */
export class ExportFiller {
  private readonly fences = new Map<number, RebuiltFence>();
  private readonly waiting = new Map<number, Waiting>();
  private readonly aside = new Map<number, Plan['quarantined'][number][]>();
  private count = 0;

  /** @param most records that wait until they are written */
  constructor(
    private readonly rebuilt: Exported,
    private readonly facts: LedgerFacts,
    private readonly most: number,
  ) {}

  async fill(
    path: string,
    { head, lines }: CheckedExport,
    onLine: (done: number) => void,
  ): Promise<void> {
    for (let partition = 0; partition < this.facts.partitions; partition++) {
      this.fences.set(partition, await this.rebuilt.fence(partition));
    }
    for await (const read of readLines(path)) {
      for (const { number, text } of read) {
        if (number === 1 || number > lines + 1) continue;
        const line = readExportLine(text, this.facts);
        if (!line.ok) throw new CommandRefused(`Line ${number} was changed while it was read.`);
        this.take(line.value);
        if (this.count >= this.most) await this.flush();
        onLine(number - 1);
      }
    }
    await this.flush();
    await this.end(head);
  }

  private take(line: ExportLine): void {
    const { partition, offset, record } = line;
    const placed = { partition, offset, ...record };
    if (line.kind === 'quarantined') {
      const aside = this.aside.get(partition) ?? [];
      this.aside.set(partition, [...aside, { record: placed, reason: line.reason }]);
      return;
    }
    const waiting: Waiting = this.waiting.get(partition) ?? { records: [], knownAt: new Map() };
    this.waiting.set(partition, waiting);
    waiting.records.push(placed);
    waiting.knownAt.set(offset, line.knownAt);
    this.count++;
  }

  private async flush(): Promise<void> {
    for (const [partition, { records, knownAt }] of this.waiting) {
      this.keep(await this.rebuilt.applyExported(this.fenceOf(partition), records, knownAt));
    }
    this.waiting.clear();
    this.count = 0;
  }

  private async end(head: ExportHead): Promise<void> {
    for (const [partition, nextOffset] of positionIn(head)) {
      const text = head.knownAt[partition];
      const knownAt = text === undefined ? undefined : instantOf(text);
      const aside = this.aside.get(partition) ?? [];
      const fence = this.fenceOf(partition);
      this.keep(await this.rebuilt.endExported(fence, { nextOffset, knownAt }, aside));
    }
  }

  private fenceOf(partition: number): RebuiltFence {
    return this.fences.get(partition)!;
  }

  private keep(fence: RebuiltFence | undefined): void {
    if (!fence) throw new CommandRefused('Another rebuild of this ledger has begun.');
    this.fences.set(fence.partition, fence);
  }
}

function positionIn({ position }: ExportHead): Position {
  const read = parsePosition(position, 'position');
  if (!read.ok) throw new CommandRefused('The export does not say how far it is.');
  return read.value;
}
