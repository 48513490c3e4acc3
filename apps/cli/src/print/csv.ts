/** What a spreadsheet takes for a formula; and what marks a cell as text, so that the mark can be told from a cell's own. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠']/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;
const QUOTED = /[",\r\n]/;

/**
 * A row as RFC 4180 has it. A cell that begins like a formula, and is no plain number, gets a `'` before it; so does one
 * that begins with `'`, so that a reader who takes one away has what it was. What is absent is empty.
 */
export function csvRow(cells: readonly (string | null | undefined)[]): string {
  return `${cells.map((cell) => csvCell(cell ?? '')).join(',')}\r\n`;
}

/** What a cell of ours said before it was marked. Of other files only a `'` before a formula is taken for the mark. */
export function textOfCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}

function csvCell(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
