import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '#libs/testing';

const PAGE = join(PROJECT_FOLDER, 'docs/clients.md');

/** The block of the page below `<!-- example: <name> -->`, as it stands. */
export function docExample(name: string): string {
  const [, after] = readFileSync(PAGE, 'utf8').split(`<!-- example: ${name} -->`);
  const block = /^\s*```\w+\n(?<code>[\s\S]*?)^```$/m.exec(after ?? '')?.groups?.['code'];
  if (block === undefined) throw new Error(`${PAGE} has no example ${name}`);
  return block;
}
