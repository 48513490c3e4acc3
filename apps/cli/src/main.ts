import { redactSecrets } from '#libs/ledger';
import { ConfigError, isPermissionDenied, StartRefused } from '#libs/runtime';
import { CommandRefused } from './command-refused';
import { COMMANDS } from './commands';
import { readConfig } from './config';
import { CommandLedger } from './open-ledger';
import { reasonOf } from './output';
import { Terminal } from './print/terminal';
import { readCommandLine } from './read-command-line';

/** Of a command that could not do what it was asked; 1 is an answer. */
const REFUSED = 2;
const INTERRUPTED = 130;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort());
let isMeantToStop = false;
const terminal = new Terminal(process.stdout, process.stderr);
let unwritten: string | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of our lines may leave: a pipe into `head`.
    if (stream === process.stdout && error.code !== 'EPIPE')
      unwritten = `The answer cannot be written: ${reasonOf(error)}.`;
    stopping.abort();
  });
}
process.on('exit', () => {
  if (unwritten === undefined) return;
  terminal.refuse(unwritten);
  process.exitCode = REFUSED;
});

async function main(args: readonly string[]): Promise<number> {
  const line = readCommandLine(args, COMMANDS);
  if ('help' in line) {
    terminal.print(line.help);
    return 0;
  }
  const config = readConfig(process.env);
  for (const hint of config.hints) terminal.tell(hint);
  const ledger = new CommandLedger(config, (text) => terminal.tell(text));
  try {
    return await line.command.run(line.given, {
      config,
      print: (text) => terminal.print(text),
      tell: (text) => terminal.tell(text),
      tellProgress: (text) => terminal.tellProgress(text),
      migrated: () => ledger.migrated(),
      projection: () => ledger.projection(),
      ledger: () => ledger.ledger(),
      endsWhenStopped: () => (isMeantToStop = true),
      stopped: stopping.signal,
    });
  } finally {
    terminal.end();
    await ledger.close();
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = stopping.signal.aborted && !isMeantToStop ? INTERRUPTED : status;
  },
  (error: unknown) => {
    const isPlain =
      error instanceof CommandRefused ||
      error instanceof ConfigError ||
      error instanceof StartRefused;
    if (unwritten === undefined) {
      const said = isPlain ? error.message : (deniedOf(error) ?? faultOf(error));
      terminal.refuse(redactSecrets(said));
    }
    process.exitCode = stopping.signal.aborted ? INTERRUPTED : REFUSED;
  },
);

/** Reading may be anybody's; the rest is the owner's, and the database itself holds that. */
function deniedOf(error: unknown): string | undefined {
  return isPermissionDenied(error)
    ? `The user in DATABASE_URL may not do that (${(error as Error).message}): run it as the owner of the ledger's database.`
    : undefined;
}

/** What fails because it was stopped is no fault. */
function faultOf(error: unknown): string {
  return stopping.signal.aborted ? 'Interrupted.' : String((error as Error).stack ?? error);
}
