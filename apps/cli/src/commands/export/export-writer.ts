import { createHash } from 'node:crypto';
import { printWholeEntry } from '#libs/balances';
import type { ExportedFact, ExportTaker } from '#libs/audit';
import {
  budgetRevisionDocument,
  exportEndDocument,
  exportHeadDocument,
  pricesSetDocument,
  quarantinedDocument,
  type ExportHead,
} from '#libs/wire';
import { visibleLines } from '#libs/json';
import type { Output } from '../../output';

/** How much of what there was to write. */
export interface Written {
  entries: number;
  budgets: number;
  prices: number;
  quarantined: number;
}

/** A format that exports are written in. */
export interface ExportWriter extends ExportTaker {
  readonly written: Readonly<Written>;
  /** All of it was taken. */
  end(): Promise<void>;
}

/**
 * Newline-delimited CloudEvents. The first line says of which ledger they are, the last one how many lines there are and
 * what their bytes come to: a file that is cut off, or changed, shows. A terminal may have them too.
 */
export class NdjsonWriter implements ExportWriter {
  readonly written: Written = { entries: 0, budgets: 0, prices: 0, quarantined: 0 };
  private readonly hash = createHash('sha256');
  private lines = 0;
  private begun: { readonly head: ExportHead; readonly at: string } | undefined;

  constructor(private readonly output: Pick<Output, 'write'>) {}

  async begin(head: ExportHead, at: string): Promise<void> {
    this.begun = { head, at };
    await this.write([exportHeadDocument(head, at)]);
    this.lines = 0;
  }

  async quarantined(rows: Parameters<ExportTaker['quarantined']>[0]): Promise<void> {
    this.written.quarantined += rows.length;
    await this.write(rows.map((row) => quarantinedDocument({ ...row, offset: row.log_offset })));
  }

  async facts(facts: readonly ExportedFact[]): Promise<void> {
    for (const { kind } of facts) this.written[COUNTS[kind]]++;
    await this.write(facts.map(documentOf));
  }

  async end(): Promise<void> {
    const { head, at } = this.begun!;
    const sha256 = this.hash.copy().digest('hex');
    await this.write([exportEndDocument({ lines: this.lines, sha256 }, head, at)]);
  }

  private async write(documents: readonly object[]): Promise<void> {
    let text = '';
    for (const document of documents) text += `${visibleLines(JSON.stringify(document))}\n`;
    this.lines += documents.length;
    const bytes = Buffer.from(text);
    this.hash.update(bytes);
    await this.output.write(bytes);
  }
}

const COUNTS = { entry: 'entries', budget: 'budgets', prices: 'prices' } as const;

function documentOf(fact: ExportedFact): object {
  switch (fact.kind) {
    case 'entry':
      return printWholeEntry(fact.row);
    case 'budget':
      return budgetRevisionDocument(fact.row);
    case 'prices':
      return pricesSetDocument(fact.row);
  }
}
