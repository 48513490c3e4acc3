/**
 * `npm test [-- <Jest arguments>]`: every test, part by part, and as the last line `N passed, N failed`.
 * What did not run counts as failed: broken suites, skipped tests, no tests, no real Postgres, no real Kafka. What needs
 * a program that the machine lacks is listed with the line that installs it, and counts as failed for CI alone.
 */
import { secondsSince } from './setup/say.mjs';
import { narrowed, PARTS } from './test/parts.mjs';
import { runJest } from './test/run-jest.mjs';
import { specFiles, specsWithNeeds } from './test/spec-files.mjs';
import { fetchParts, installLine, missingParts } from './test/system-parts.mjs';
import { faultsBefore, judge, notRun, toRunAgain, withSecondRun } from './test/verdict.mjs';

const args = process.argv.slice(2);
const parts = args.length > 0 ? [narrowed(args)] : PARTS;
const verdicts = [faultsBefore(process.env)];
for (const part of parts) verdicts.push(await runPart(part));

const { passed, failed, notes } = together(verdicts);
for (const note of notes) console.log(note);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runPart(part) {
  const missing = missingParts(part.needs);
  if (missing.length > 0) return notRun(part.title, missing.map(installLine), process.env);
  const needing = specsWithNeeds().filter(({ file }) => isOf(part, file));
  const asked = needing.filter(({ file }) => isAsked(part, file));
  await fetchParts(missingParts(asked.flatMap(({ needs }) => needs)));
  const left = needing
    .map(({ file, needs }) => ({ file, missing: missingParts(needs) }))
    .filter((spec) => spec.missing.length > 0);
  const lacks = left.map(({ file, missing }) =>
    notRun(file, missing.map(installLine), process.env),
  );
  if (left.length > 0 && left.length === specFiles().filter((file) => isOf(part, file)).length) {
    return together(lacks);
  }
  const startMs = Date.now();
  const result = await runTwice(part, [...part.paths, ...left.flatMap(({ file }) => ignore(file))]);
  const verdict = judge({ ...result, part, isFiltered: args.length > 0 });
  const aim = part.minutes === undefined ? '' : `, of ${part.minutes} min`;
  console.log(
    `${part.title}: ${verdict.passed} passed, ${verdict.failed} failed (${secondsSince(startMs)}${aim})`,
  );
  return together([{ passed: 0, failed: 0, notes: result.notes }, verdict, ...lacks]);
}

function together(verdicts) {
  const sum = (of) => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    notes: verdicts.flatMap(({ notes }) => notes),
  };
}

/** Suites that met nothing but time limits run once more, alone. */
async function runTwice(part, args) {
  const first = await runJest(part, args);
  const again = toRunAgain(first.summary);
  if (again.length === 0) return { ...first, notes: [] };
  const files = again.map(({ file }) => file);
  console.log(`Running once more, alone, what met a time limit: ${files.join(', ')}`);
  const second = await runJest(part, ['--runInBand', '--runTestsByPath', ...files]);
  const { summary, notes } = withSecondRun(first.summary, again, second.summary);
  const isMended = summary.failed + summary.brokenSuites.length === 0;
  // A run that had to be killed left something running, however the next one ends.
  const exit = isMended && first.exit.signal === null ? second.exit : first.exit;
  return { summary, exit, notes };
}

function isOf({ kinds }, file) {
  return kinds.some((kind) => file.endsWith(`.${kind}.spec.ts`));
}

/** As far as Jest's arguments that name files say. */
function isAsked({ paths }, file) {
  // What stands behind an option may be its value.
  const option = paths.findIndex((path) => path.startsWith('-'));
  const patterns = option === -1 ? paths : paths.slice(0, option);
  return patterns.length === 0 || patterns.some((pattern) => new RegExp(pattern).test(file));
}

function ignore(file) {
  return ['--testPathIgnorePatterns', `/${file.replaceAll('.', '\\.')}$`];
}
