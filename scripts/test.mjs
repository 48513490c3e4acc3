/**
 * `npm test [-- <Jest arguments>]`: every test, part by part, and as the last line `N passed, N failed`.
 * What did not run counts as failed: broken suites, skipped tests, no tests, no real Postgres, no real Kafka. What needs
 * a program that the machine lacks is listed with the line that installs it, and counts as failed for CI alone.
 */
import { secondsSince } from './setup/say.mjs';
import { narrowed, PARTS } from './test/parts.mjs';
import { runJest } from './test/run-jest.mjs';
import { specsWithNeeds } from './test/spec-files.mjs';
import { installLine, missingParts } from './test/system-parts.mjs';
import { faultsBefore, judge, notRun } from './test/verdict.mjs';

const args = process.argv.slice(2);
const parts = args.length > 0 ? [narrowed(args)] : PARTS;
const verdicts = [faultsBefore(process.env)];
for (const part of parts) verdicts.push(await runPart(part));

for (const note of verdicts.flatMap(({ notes }) => notes)) console.log(note);
const sum = (of) => verdicts.reduce((total, verdict) => total + of(verdict), 0);
const failed = sum((verdict) => verdict.failed);
console.log(`${sum((verdict) => verdict.passed)} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runPart(part) {
  const missing = missingParts(part.needs);
  if (missing.length > 0) return notRun(part.title, missing.map(installLine), process.env);
  const left = specsWithNeeds()
    .map(({ file, needs }) => ({ file, missing: missingParts(needs) }))
    .filter((spec) => spec.missing.length > 0 && isOf(part, spec.file));
  const startMs = Date.now();
  const result = await runJest(part, [...part.paths, ...left.flatMap(({ file }) => ignore(file))]);
  const verdict = judge({ ...result, part, isFiltered: args.length > 0 });
  const aim = part.minutes === undefined ? '' : `, of ${part.minutes} min`;
  console.log(
    `${part.title}: ${verdict.passed} passed, ${verdict.failed} failed (${secondsSince(startMs)}${aim})`,
  );
  const skipped = left.map(({ file, missing }) =>
    notRun(file, missing.map(installLine), process.env),
  );
  return {
    passed: verdict.passed,
    failed: verdict.failed + skipped.reduce((total, { failed }) => total + failed, 0),
    notes: [...verdict.notes, ...skipped.flatMap(({ notes }) => notes)],
  };
}

function isOf({ kinds }, file) {
  return kinds.some((kind) => file.endsWith(`.${kind}.spec.ts`));
}

function ignore(file) {
  return ['--testPathIgnorePatterns', `/${file.replaceAll('.', '\\.')}$`];
}
