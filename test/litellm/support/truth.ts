import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Row = Readonly<Record<string, string | undefined>>;

const PAGE = readFileSync(join(__dirname, '../litellm-26239.md'), 'utf8');
/** What a cell says where there is nothing. */
const NOTHING = '–';

/** The table below a heading that begins so; a cell that says nothing is undefined. */
export function truth(heading: string): Row[] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(heading))!;
  const [header, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
  const names = cellsOf(header!);
  return rows.map((row) =>
    Object.fromEntries(
      cellsOf(row).map((cell, at) => [names[at]!, cell === NOTHING ? undefined : cell]),
    ),
  );
}

function cellsOf(line: string): string[] {
  return line
    .replaceAll('\\|', '\u0000')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.replaceAll('\u0000', '|').trim());
}
