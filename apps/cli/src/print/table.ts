import { visibleText } from '#libs/json';

/** A table for people: columns as wide as their widest cell, figures to the right. Whatever a cell says, it is one. */
export function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: ReadonlySet<number> = new Set(),
): string {
  const shown = rows.map((row) => row.map(visibleText));
  const titles = header.map(visibleText);
  const all = [titles, ...shown];
  const widths = header.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) =>
        rightAligned.has(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      )
      .join('  ')
      .trimEnd();
  return [
    line(titles),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...shown.map(line),
  ].join('\n');
}
