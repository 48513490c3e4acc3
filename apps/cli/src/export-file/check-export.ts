import { createHash } from 'node:crypto';
import { readLedgerNow } from '#libs/balances';
import { visibleLines } from '#libs/json';
import { formatInstant, parseInstant, type Instant, type Parsed } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { homeOf } from '#libs/projection';
import {
  checkExportLine,
  exportEndDocument,
  exportHeadDocument,
  headFaults,
  MAX_AHEAD_MICROS,
  readExportEnd,
  readExportHead,
  type ExportEnd,
  type ExportHead,
} from '#libs/wire';
import { CommandRefused } from '../command-refused';
import { ExportNames, type NameLimits } from './export-names';
import { LineOrder } from './line-order';
import { readLines, type Line } from './read-lines';

/** An export that holds all that its last line says. */
export interface CheckedExport {
  readonly head: ExportHead;
  /** Names it: that of its last line. */
  readonly sha256: string;
  /** Between the first and the last. */
  readonly lines: number;
}

/** The ledger that the export is for. */
export interface CheckedFor {
  readonly database: Pick<Database, 'kysely'>;
  readonly currency: string;
}

export const NAME_LIMITS: NameLimits = { names: 10_000 };

/**
 * Reads the whole file before anything is done with it: each line by the rules of the doors and of the log, their order,
 * the names of their events, and against the last line their number and what their bytes come to.
 * @throws CommandRefused naming the line
 */
export async function checkExport(
  path: string,
  { database, currency }: CheckedFor,
  limits = NAME_LIMITS,
): Promise<CheckedExport> {
  const now = await readLedgerNow(database.kysely);
  return ExportNames.during(database, limits, async (names) => {
    const check = new ExportCheck({ currency, now }, names);
    for await (const lines of readLines(path)) for (const line of lines) await check.line(line);
    return check.end();
  });
}

class ExportCheck {
  private readonly hash = createHash('sha256');
  private head: ExportHead | undefined;
  private at = '';
  private shows: Instant = 0n;
  private order: LineOrder | undefined;
  private checked: CheckedExport | undefined;
  private lines = 0;

  constructor(
    private readonly ledger: { readonly currency: string; readonly now: Instant },
    private readonly names: ExportNames,
  ) {}

  async line(line: Line): Promise<void> {
    if (this.checked) throw refused(`Line ${line.number} stands after the last line of the export`);
    if (!this.head || !this.order) {
      this.head = this.headOf(line);
      this.order = new LineOrder(this.head.partitions);
      this.hash.update(line.bytes);
      return;
    }
    const end = readExportEnd(line.text);
    if (end) {
      this.checked = this.check(this.head, end);
      const written = JSON.stringify(exportEndDocument(end, this.head, this.at));
      if (line.text !== written) throw refused(`Line ${line.number}, the last one, was changed`);
      return;
    }
    const rules = { currency: this.ledger.currency, at: this.shows };
    const read = fitting(checkExportLine(withoutEnd(line), rules), line);
    const fault = this.order.faultOf(read);
    if (fault !== undefined) throw refused(`Line ${line.number} ${fault}`);
    if (read.kind === 'fact') {
      const home = homeOf(read.event, this.head.partitions);
      if (home !== undefined && home !== read.partition) {
        throw refused(`Line ${line.number}: position is not in the partition of its owner`);
      }
      await this.names.add(line.number, read.event, read.partition);
    }
    this.hash.update(line.bytes);
    this.lines++;
  }

  async end(): Promise<CheckedExport> {
    if (this.checked) {
      const misled = this.order?.faultOfHead(this.checked.head);
      if (misled !== undefined) throw refused(`Line 1: ${misled}`);
      const misnamed = await this.names.findFault();
      if (misnamed) throw refused(`Line ${misnamed.line}${misnamed.fault}`);
      return this.checked;
    }
    if (!this.head) throw refused('The file is empty');
    throw refused(
      `The export is cut off: its last line is missing, and ${this.lines + 1} lines are there`,
    );
  }

  private headOf(line: Line): ExportHead {
    const read = readExportHead(line.text);
    if (!read.ok) {
      throw refused('The file is not an export of a ledger: its first line does not say so');
    }
    const { head, at } = read.value;
    this.at = at;
    this.shows = fitting(parseInstant(at, 'time'), line);
    if (this.shows > this.ledger.now + MAX_AHEAD_MICROS) {
      throw refused(
        `Line ${line.number}: time is ${at}, and this ledger's clock says ${formatInstant(this.ledger.now)}`,
      );
    }
    const faults = headFaults(head, this.shows);
    if (faults.length > 0) fitting({ ok: false, errors: faults }, line);
    const { filter, currency } = head;
    if (filter) {
      const [name] = Object.entries(filter).map(([part, value]) => `${part} ${value}`);
      throw refused(
        `The export is of a part of a ledger (${name}), and only that of a whole one will do`,
      );
    }
    if (currency !== this.ledger.currency) {
      throw refused(
        `The export is in ${currency}, and this ledger in ${this.ledger.currency}: a ledger has one currency`,
      );
    }
    const written = JSON.stringify(exportHeadDocument(head, at));
    if (line.text !== written && line.text !== visibleLines(written)) {
      throw refused(`Line ${line.number}, the first one, was changed`);
    }
    return head;
  }

  private check(head: ExportHead, end: ExportEnd): CheckedExport {
    if (end.lines !== this.lines) {
      throw refused(
        `The export has ${this.lines} lines between its first and its last, which says that there are ${end.lines}`,
      );
    }
    if (this.hash.digest('hex') !== end.sha256) {
      throw refused(
        'The export was changed: its lines do not come to the SHA-256 in its last line',
      );
    }
    return { head, sha256: end.sha256, lines: end.lines };
  }
}

function withoutEnd({ bytes }: Line): Buffer {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}

function fitting<T>(read: Parsed<T>, { number, isCut }: Line): T {
  if (read.ok) return read.value;
  if (isCut) throw refused(`The export is cut off in line ${number}`);
  const { field, message } = read.errors[0]!;
  throw refused(`Line ${number}${field === '' ? '' : `: ${field}`} ${message}`);
}

function refused(sentence: string): CommandRefused {
  return new CommandRefused(`${sentence}. Nothing was done.`);
}
