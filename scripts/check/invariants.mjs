/** Every promise has one number, stands once, and names specs that exist. */
import { globSync, readFileSync } from 'node:fs';

const PAGES = ['CONTRIBUTING.md', '{apps,libs}/*/README.md'];
const PROMISE = /^- \*\*I(\d+)\.\*\*/;
const HELD_BY = 'Held by ';
const WITHDRAWN = [50, 68, 69, 80];
/** Reserved for what is still to come. */
const isReserved = (number) => number >= 90 && number <= 99;

const promises = globSync(PAGES).flatMap(promisesOf);
const faults = [...counted(), ...promises.flatMap(faultsOf)];
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exitCode = 1;
}

/** A promise is a list item: its number, what is promised, and from `Held by` on the specs. */
function promisesOf(file) {
  const found = [];
  let isOpen = false;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const number = PROMISE.exec(line)?.[1];
    if (number !== undefined) found.push({ file, number: Number(number), text: line });
    isOpen = number !== undefined || (isOpen && /^ {2}\S/.test(line));
    if (isOpen && number === undefined) found.at(-1).text += `\n${line}`;
  }
  return found;
}

function counted() {
  const numbers = promises.map(({ number }) => number);
  const last = Math.max(...numbers);
  return Array.from({ length: last }, (_, at) => at + 1).flatMap((number) => {
    const times = numbers.filter((each) => each === number).length;
    const isGone = WITHDRAWN.includes(number);
    if (isGone) return times === 0 ? [] : [`I${number} is withdrawn, and stands in a page`];
    if (isReserved(number) && times === 0) return [];
    return times === 1 ? [] : [`I${number} stands ${times} times, not once`];
  });
}

function faultsOf({ file, number, text }) {
  const at = text.indexOf(HELD_BY);
  const named = at < 0 ? [] : [...text.slice(at).matchAll(/`([^`]+)`/g)].map(([, path]) => path);
  if (named.length === 0) return [`${file}: I${number} names no spec that holds it`];
  const missing = named.filter((path) => globSync(path).length === 0);
  return missing.map((path) => `${file}: I${number} names ${path}, which does not exist`);
}
