import { createReadStream } from 'node:fs';
import { parse, type CsvError } from 'csv-parse';
import { formatMoney, parseAmount, parseId, type Parsed } from '#libs/ledger';
import { eventKeyOf } from '#libs/wire';

/** A line of a file of corrections: the header is line 1. */
export interface CorrectionLine {
  readonly line: number;
  readonly eventKey: string;
  readonly adjustment: 'reverse' | 'amend';
  /** Decimal; null where the spend is reversed. */
  readonly amount: string | null;
}
export interface BadLine {
  readonly line: number;
  readonly message: string;
}

const COLUMNS = ['source', 'id', 'kind', 'amount'];
const MAX_LINE_BYTES = 64 * 1024;

/** Reads a CSV (RFC 4180) of source, id, kind and amount, line by line; of a bad line it says why. */
export async function* readLines(file: string): AsyncGenerator<CorrectionLine | BadLine> {
  const parser = createReadStream(file).pipe(
    parse({ bom: true, info: true, max_record_size: MAX_LINE_BYTES, skip_empty_lines: true }),
  );
  let hasHeader = false;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (hasHeader) yield readLine(record, info.lines);
      else if (record.join() !== COLUMNS.join()) {
        yield { line: 1, message: `the columns must be ${COLUMNS.join(', ')}` };
        return;
      }
      hasHeader = true;
    }
  } catch (error) {
    const { code, message, lines } = error as CsvError & { lines?: number };
    if (typeof code !== 'string' || !code.startsWith('CSV_')) throw error;
    yield { line: lines ?? 1, message };
  }
  if (!hasHeader) yield { line: 1, message: `the columns must be ${COLUMNS.join(', ')}` };
}

function readLine(record: readonly string[], line: number): CorrectionLine | BadLine {
  const [sourceText, idText, kind, amountText] = record;
  const source = parseId(sourceText, 'source');
  const id = parseId(idText, 'id');
  if (!source.ok) return bad(line, source);
  if (!id.ok) return bad(line, id);
  const eventKey = eventKeyOf({ source: source.value, id: id.value });
  switch (kind) {
    case 'reverse':
      return amountText === ''
        ? { line, eventKey, adjustment: kind, amount: null }
        : { line, message: 'amount must be empty: a reverse takes all of it back' };
    case 'amend': {
      const amount = parseAmount(amountText, 'amount');
      return amount.ok
        ? { line, eventKey, adjustment: kind, amount: formatMoney(amount.value) }
        : bad(line, amount);
    }
    default:
      return { line, message: 'kind must be one of reverse, amend' };
  }
}

function bad(line: number, read: Parsed<unknown> & { readonly ok: false }): BadLine {
  const { field, message } = read.errors[0]!;
  return { line, message: `${field} ${message}` };
}
