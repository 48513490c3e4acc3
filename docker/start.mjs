/** `node docker/start.mjs <process>`: runs it right here, so that the container's signals reach it. `ledger` is the command line. */
import { isProcess, PORTS } from './processes.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM'];

const [name = '', ...rest] = process.argv.slice(2);
if (name === 'ledger') {
  process.argv = [process.argv[0], name, ...rest];
  await import('../dist/ledger.js');
} else if (isProcess(name) && rest.length === 0) {
  await run(name);
} else {
  const names = [...Object.keys(PORTS), 'ledger <command>'].join(', ');
  process.stderr.write(`Name one process to run: ${names}.\n`);
  process.exitCode = 1;
}

/** A container's first process is not ended by a signal it does not listen to, and loading takes a second. */
async function run(name) {
  const leave = () => process.exit(0);
  for (const signal of SIGNALS) process.once(signal, leave);
  await import(`../dist/${name}.js`);
  for (const signal of SIGNALS) process.off(signal, leave);
}
