/** Does the steps of a recovery scenario with the installed package, as ../../README.md says. */
import { createInterface } from 'node:readline';
import { SpendLedger } from 'spend-ledger';
import { describeError } from './describe-error.mjs';
import { Steps } from './steps.mjs';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const nextLine = async () => (await lines.next()).value;
const tell = (what) => process.stderr.write(`${JSON.stringify(what)}\n`);

const { url, token, journal, user, source, options, steps } = JSON.parse(await nextLine());
const report = { steps: [], warnings: 0, upstream: 0, journal: undefined };
const { timeoutSeconds, ...others } = options;
const timeout = timeoutSeconds * 1_000;
const ledger = new SpendLedger({
  url,
  token,
  journal,
  ...(timeoutSeconds !== undefined && {
    timeouts: { hold: timeout, settle: timeout, record: timeout },
  }),
  ...others,
  onWarning: (message) => {
    report.warnings += 1;
    process.stderr.write(`warning: ${message}\n`);
  },
});
const pause = async (name) => {
  tell({ paused: name });
  await nextLine();
};
const doer = new Steps({ ledger, user, source, pause, tell, begun: () => (report.upstream += 1) });

for (const [index, step] of steps.entries()) {
  report.steps.push(await doer[step.do](step, index).catch(describeError));
}
const { due, dead } = ledger.reports();
report.journal = { due, dead };
await ledger.close({ within: 5_000 });
process.stdout.write(`${JSON.stringify(report)}\n`);
process.stdin.destroy();
