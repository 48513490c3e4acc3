/** Every link between pages leads to a file, and to a heading of it. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PAGES = [
  '*.md',
  '{apps,libs}/*/README.md',
  '{bench,clients,docker,docs}/*.md',
  'clients/*/README.md',
];
const LINK = /\]\(([^)\s]+)\)/g;

const faults = globSync(PAGES).flatMap(brokenLinksOf);
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exitCode = 1;
}

function brokenLinksOf(page) {
  const links = [...readFileSync(page, 'utf8').matchAll(LINK)].map(([, link]) => link);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => {
      const [file, heading] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      if (!existsSync(target)) return [`${page}: ${link} leads to no file`];
      const isFound = heading === undefined || !/\.md$/.test(target) || hasHeading(target, heading);
      return isFound ? [] : [`${page}: ${link} leads to no heading`];
    });
}

/** As GitHub names headings: lower case, spaces as dashes, nothing but letters, digits, dashes and underscores. */
function hasHeading(page, name) {
  return readFileSync(page, 'utf8')
    .split('\n')
    .flatMap((line) => /^#+ (.*)$/.exec(line)?.[1] ?? [])
    .some(
      (title) =>
        title
          .toLowerCase()
          .replace(/[^\p{L}\p{N}_\- ]/gu, '')
          .replaceAll(' ', '-') === name,
    );
}
