import type { EntryRow } from '#libs/balances';
import type { ExportedFact } from '#libs/audit';
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import type { Output } from '../../output';
import { csvRow } from '../../print/csv';
import type { ExportWriter, Written } from './export-writer';

type Column = readonly [title: string, cell: (row: EntryRow) => string | null | undefined];

/** `amount` is what the entry adds to its accounts; of a correction the difference that it makes. */
const COLUMNS: readonly Column[] = [
  ['position', (row) => `${row.partition}:${row.log_offset + 1n}`],
  ['source', (row) => row.source],
  ['id', (row) => row.event_id],
  ['entry', (row) => row.adjustment ?? 'spend'],
  ['time', (row) => row.time],
  ['scope', (row) => row.scope_type],
  ['team', (row) => row.team_id],
  ['user', (row) => row.user_id],
  ['key', (row) => row.key_id],
  ['amount', (row) => row.amount && formatMoney(picoOfDecimal(row.amount))],
  ['currency', (row) => row.currency],
  ['basis', (row) => (row.amount === null ? 'unknown' : row.basis)],
  ['model', (row) => row.model],
  ['requestId', (row) => row.request_id],
  ['holdId', (row) => row.hold_id],
  ['holdOutcome', (row) => row.hold_outcome],
  ['adjustsSource', (row) => row.adjusts?.[0]],
  ['adjustsId', (row) => row.adjusts?.[1]],
  ['stated', (row) => row.stated && formatMoney(picoOfDecimal(row.stated))],
  ['reason', (row) => row.reason],
  ['adjustedAt', (row) => row.adjusted_at],
  ['recordedAt', (row) => row.recorded_at],
  ['knownAt', (row) => row.known_at],
  ['caller', (row) => row.caller],
  ['metadata', (row) => row.metadata_text],
  ['extensions', (row) => extensionsOf(row)],
  ['usage', (row) => row.usage && JSON.stringify(row.usage)],
  ['prices', (row) => row.priced_by],
  ['labels', (row) => row.labels && JSON.stringify(row.labels)],
];

/** One row for each entry, spend or correction; budgets and prices are none. */
export class CsvWriter implements ExportWriter {
  readonly written: Written = { entries: 0, budgets: 0, prices: 0, quarantined: 0 };

  constructor(private readonly output: Pick<Output, 'write'>) {}

  begin(): Promise<void> {
    return this.output.write(csvRow(COLUMNS.map(([title]) => title)));
  }

  quarantined(): Promise<void> {
    return Promise.resolve();
  }

  async facts(facts: readonly ExportedFact[]): Promise<void> {
    const entries = facts.flatMap((fact) => (fact.kind === 'entry' ? [fact.row] : []));
    this.written.entries += entries.length;
    const rows = entries.map((row) => csvRow(COLUMNS.map(([, cell]) => cell(row))));
    await this.output.write(rows.join(''));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

function extensionsOf({ extensions }: EntryRow): string | null {
  return Object.keys(extensions).length === 0 ? null : JSON.stringify(extensions);
}
