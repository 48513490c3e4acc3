/**
 * `npm run check:audit`: asks the registry for advisories of moderate or more about what the lock file names.
 * Exit 0: asked, none. 1: some. 75: nobody could be asked, which is said and is never "none".
 */
import process from 'node:process';
import { capture } from './setup/capture.mjs';

const LEVELS = ['critical', 'high', 'moderate'];
const NOT_ASKED = 75;
const LIMIT_MS = 120_000;
const NO_ANSWER = `no answer within ${LIMIT_MS / 1000} s`;

const { npm_execpath: cli, npm_node_execpath: node } = process.env;
const [command, before] = cli && node ? [node, [cli]] : ['npm', []];
const args = [
  'audit',
  '--audit-level=moderate',
  '--package-lock-only',
  '--json',
  '--loglevel=silent',
];
const { code, text } = await capture(command, [...before, ...args], { limitMs: LIMIT_MS });

const report = read(text);
const counts = report?.metadata?.vulnerabilities;
if (counts === undefined) sayNotAsked(report?.message ?? (text.trim().split('\n')[0] || NO_ANSWER));
else if (code === 0 && LEVELS.every((level) => counts[level] === 0)) sayClean(report);
else sayFound(report);

function read(printed) {
  try {
    return JSON.parse(printed);
  } catch {
    return undefined;
  }
}

function sayNotAsked(reason) {
  const line = 'audit: NOT ASKED. No registry answered, so nothing is known about advisories';
  console.log(`${'!'.repeat(line.length)}\n${line}\n  ${reason}\n${'!'.repeat(line.length)}`);
  process.exitCode = NOT_ASKED;
}

function sayClean({ metadata: { dependencies } }) {
  console.log(`audit: no advisory of moderate or more, ${dependencies.total} packages asked about`);
}

function sayFound({ vulnerabilities = {} }) {
  const found = Object.values(vulnerabilities).filter(({ severity }) => LEVELS.includes(severity));
  for (const { name, severity, range, via } of found) {
    const why = via.map((cause) => (typeof cause === 'string' ? `by ${cause}` : cause.title));
    console.log(`audit: ${severity} in ${name} ${range}: ${why.join('; ')}`);
  }
  console.log(`audit: ${found.length} packages with advisories of moderate or more`);
  process.exitCode = 1;
}
