import { createHash } from 'node:crypto';
import type { Parsed } from '#libs/ledger';
import {
  exportEndDocument,
  readExportEnd,
  readExportHead,
  readExportLine,
  type ExportEnd,
  type ExportHead,
} from '#libs/wire';
import { CommandRefused } from '../command-refused';
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

/**
 * Reads the whole file before anything is done with it: each line by the rules of the log, their order, and against the
 * last line their number and what their bytes come to.
 * @throws CommandRefused naming the line
 */
export async function checkExport(path: string, currency: string): Promise<CheckedExport> {
  const check = new ExportCheck(currency);
  for await (const lines of readLines(path)) for (const line of lines) check.line(line);
  return check.end();
}

class ExportCheck {
  private readonly hash = createHash('sha256');
  private readonly rules: { readonly currency: string };
  private head: ExportHead | undefined;
  private at = '';
  private order: LineOrder | undefined;
  private checked: CheckedExport | undefined;
  private lines = 0;

  constructor(currency: string) {
    this.rules = { currency };
  }

  line(line: Line): void {
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
    const read = fitting(readExportLine(line.text, this.rules), line);
    const fault = this.order.faultOf(read);
    if (fault !== undefined) throw refused(`Line ${line.number} ${fault}`);
    this.hash.update(line.bytes);
    this.lines++;
  }

  end(): CheckedExport {
    if (this.checked) return this.checked;
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
    const { filter, currency } = head;
    if (filter) {
      const [name] = Object.entries(filter).map(([part, value]) => `${part} ${value}`);
      throw refused(
        `The export is of a part of a ledger (${name}), and only that of a whole one will do`,
      );
    }
    if (currency !== this.rules.currency) {
      throw refused(
        `The export is in ${currency}, and this ledger in ${this.rules.currency}: a ledger has one currency`,
      );
    }
    this.at = at;
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

function fitting<T>(read: Parsed<T>, { number, isCut }: Line): T {
  if (read.ok) return read.value;
  if (isCut) throw refused(`The export is cut off in line ${number}`);
  const { field, message } = read.errors[0]!;
  throw refused(`Line ${number}${field === '' ? '' : `: ${field}`} ${message}`);
}

function refused(sentence: string): CommandRefused {
  return new CommandRefused(`${sentence}. Nothing was done.`);
}
