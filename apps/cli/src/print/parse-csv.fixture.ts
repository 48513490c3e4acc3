/** RFC 4180, and nothing more lenient. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
      row.push(cell.value);
      at = cell.end;
      if (text[at] === ',') {
        at++;
        continue;
      }
      if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no end of a cell at ${at}`);
      at += 2;
      break;
    }
    rows.push(row);
  }
  return rows;
}

function quotedCell(text: string, from: number): { value: string; end: number } {
  let value = '';
  for (let at = from + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new Error('a cell does not end');
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

function plainCell(text: string, from: number): { value: string; end: number } {
  const value = /[^,"\r\n]*/y;
  value.lastIndex = from;
  const [found] = value.exec(text)!;
  return { value: found, end: from + found.length };
}
