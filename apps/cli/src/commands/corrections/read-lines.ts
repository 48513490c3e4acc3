import { createReadStream } from 'node:fs';
import { parse, type CsvError } from 'csv-parse';
import { formatMoney, parseAmount, parseId, type Parsed } from '#libs/ledger';
import { eventKeyOf } from '#libs/wire';
import { CommandRefused } from '../../command-refused';
import { reasonOf } from '../../output';
import { textOfCell } from '../../print/csv';
import { COLUMNS, readDialect } from './csv-dialect';

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

const MAX_LINE_BYTES = 64 * 1024;
/** Stands where a byte was none of UTF-8. */
const REPLACED = '\ufffd';
const DECIMAL_COMMA = /^-?[\d.]*\d,\d+$/;

/**
 * Reads a CSV of source, id, kind and amount (RFC 4180, or as a spreadsheet of another language writes it), line by
 * line; of a bad line it says why.
 * @throws CommandRefused where there is no such file
 */
export async function* readLines(file: string): AsyncGenerator<CorrectionLine | BadLine> {
  const dialect = await readDialect(file).catch((error: unknown) => {
    throw new CommandRefused(`The file ${file} cannot be read: ${reasonOf(error)}.`);
  });
  if (typeof dialect === 'string') {
    yield { line: 1, message: dialect };
    return;
  }
  const parser = createReadStream(file).pipe(
    parse({
      bom: true,
      info: true,
      max_record_size: MAX_LINE_BYTES,
      skip_empty_lines: true,
      delimiter: dialect.delimiter,
    }),
  );
  let isHeader = true;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (!isHeader) yield readLine(record, info.lines);
      isHeader = false;
    }
  } catch (error) {
    const { code, message, lines } = error as CsvError & { lines?: number };
    if (typeof code !== 'string' || !code.startsWith('CSV_')) throw error;
    yield { line: lines ?? 1, message };
  }
}

function readLine(record: readonly string[], line: number): CorrectionLine | BadLine {
  const foreign = COLUMNS.find((_, at) => record[at]?.includes(REPLACED));
  if (foreign) {
    return { line, message: `${foreign} is not in UTF-8: save the file as "CSV UTF-8"` };
  }
  const [sourceText, idText, kindText, amountText] = record.map(textOfCell);
  const source = parseId(sourceText, 'source');
  const id = parseId(idText, 'id');
  if (!source.ok) return bad(line, source);
  if (!id.ok) return bad(line, id);
  const eventKey = eventKeyOf({ source: source.value, id: id.value });
  const kind = kindText?.trim().toLowerCase();
  switch (kind) {
    case 'reverse':
      return amountText === ''
        ? { line, eventKey, adjustment: kind, amount: null }
        : { line, message: 'amount must be empty: a reverse takes all of it back' };
    case 'amend': {
      const amount = parseAmount(amountText, 'amount');
      if (amount.ok) {
        return { line, eventKey, adjustment: kind, amount: formatMoney(amount.value) };
      }
      return DECIMAL_COMMA.test(amountText ?? '')
        ? { line, message: 'amount must be written with a decimal point, such as 12.50' }
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
