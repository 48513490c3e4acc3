import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runTool } from '../../generated-clients/support/run-tool';

const SPOIL_ROWS = resolve(__dirname, 'spoil_rows.py');
const SQLITE = 'SQLite format 3';

/** Makes the one entry unreadable that has the marker in it, and leaves the others of its file as they are. */
export async function spoilJournal(folder: string, marker: string): Promise<void> {
  let spoilt = 0;
  for (const file of await filesBelow(folder)) {
    // SQLite takes the files beside a database away when it closes.
    if (!existsSync(file)) continue;
    const content = await readFile(file, 'latin1');
    if (content.startsWith(SQLITE)) {
      spoilt += Number(await runTool('python3', [SPOIL_ROWS, file, marker]));
    } else if (content.includes(marker)) {
      spoilt += 1;
      await writeFile(file, spoilLines(content, marker), 'latin1');
    }
  }
  if (spoilt === 0) throw new Error(`no entry in ${folder} has ${marker} in it`);
}

/** Each such line keeps its length: bytes have turned, none are missing. */
function spoilLines(content: string, marker: string): string {
  return content
    .split('\n')
    .map((line) => (line.includes(marker) ? line.replace(/[^\s]/g, '\xff') : line))
    .join('\n');
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
