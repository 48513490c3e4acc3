import { open } from 'node:fs/promises';

/** How a file of corrections is written, which its first line says. */
export interface CsvDialect {
  readonly delimiter: ',' | ';' | '\t';
}

export const COLUMNS = ['source', 'id', 'kind', 'amount'] as const;
const DELIMITERS = [',', ';', '\t'] as const;
const MOST_BYTES = 4096;
const UTF_16 = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/**
 * Reads the first line, as spreadsheets write it: with a byte order mark or without, the columns in capitals, in quotes,
 * and with what the language of the spreadsheet takes for a comma.
 * @returns a sentence where it cannot be read
 */
export async function readDialect(path: string): Promise<CsvDialect | string> {
  const begin = await readBegin(path);
  if (UTF_16.some((mark) => begin.subarray(0, 2).equals(mark))) {
    return 'the file is in UTF-16: save it as "CSV UTF-8"';
  }
  const [header = ''] = begin
    .toString('utf8')
    .replace('\ufeff', '')
    .split(/\r\n|\r|\n/, 1);
  if (/^sep=/i.test(header)) return `remove this line: ${COLUMNS.join(', ')} must be the first`;
  const delimiter = DELIMITERS.find((each) => isHeader(header.split(each)));
  return delimiter === undefined
    ? `the columns must be ${COLUMNS.join(', ')}, separated by commas, semicolons or tabs`
    : { delimiter };
}

function isHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  return names.map((name) => name.trim().toLowerCase()).join() === COLUMNS.join();
}

async function readBegin(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
