import { redactSecrets } from '#libs/ledger';
import { ConfigError, isPermissionDenied, StartRefused } from '#libs/runtime';
import { CommandRefused } from './command-refused';
import { COMMANDS } from './commands';
import { readConfig } from './config';
import { CommandLedger } from './open-ledger';
import { StatusLine } from './print/status-line';
import { readCommandLine } from './read-command-line';

/** Of a command that could not do what it was asked; 1 is an answer. */
const REFUSED = 2;
const INTERRUPTED = 130;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort());
// Whoever read our lines may leave: a pipe into `head`.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stopping.abort());

async function main(args: readonly string[]): Promise<number> {
  const line = readCommandLine(args, COMMANDS);
  if ('help' in line) {
    process.stdout.write(`${line.help}\n`);
    return 0;
  }
  const status = new StatusLine(process.stderr);
  const config = readConfig(process.env);
  for (const hint of config.hints) status.tell(hint);
  const ledger = new CommandLedger(config, (text) => status.tell(text));
  try {
    return await line.command.run(line.given, {
      config,
      print: (text) => void process.stdout.write(`${text}\n`),
      tell: (text) => status.tell(text),
      tellProgress: (text) => status.tellProgress(text),
      migrated: () => ledger.migrated(),
      projection: () => ledger.projection(),
      ledger: () => ledger.ledger(),
      stopped: stopping.signal,
    });
  } finally {
    status.end();
    await ledger.close();
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = stopping.signal.aborted ? INTERRUPTED : status;
  },
  (error: unknown) => {
    const isPlain =
      error instanceof CommandRefused ||
      error instanceof ConfigError ||
      error instanceof StartRefused;
    const said = isPlain ? error.message : (deniedOf(error) ?? faultOf(error));
    process.stderr.write(`${redactSecrets(said)}\n`);
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
