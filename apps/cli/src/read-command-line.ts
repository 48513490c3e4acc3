import { parseArgs } from 'node:util';
import type { Command, Given } from './command';
import { CommandRefused } from './command-refused';

export interface CommandLine {
  readonly name: string;
  readonly command: Command;
  readonly given: Given;
}

/** @returns what to run, or the help that was asked for. @throws CommandRefused */
export function readCommandLine(
  args: readonly string[],
  commands: ReadonlyMap<string, Command>,
): CommandLine | { readonly help: string } {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') return { help: helpOf(commands) };
  const command = commands.get(name);
  if (!command) {
    throw new CommandRefused(
      `There is no command "${name}"; the commands are: ${[...commands.keys()].join(', ')}.`,
    );
  }
  const given = readOptions(name, command, rest);
  if (given.options['help'] === true) {
    return { help: `${command.summary}\n\nUsage: ${usageOf(name, command)}` };
  }
  const { least, most } = command.positionals;
  if (given.positionals.length < least || given.positionals.length > most) {
    throw new CommandRefused(`Usage: ${usageOf(name, command)}`);
  }
  return { name, command, given };
}

function readOptions(name: string, command: Command, args: readonly string[]): Given {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...command.options,
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    });
    return { positionals, options: values };
  } catch (error) {
    // It throws errors alone, with more lines of advice than a sentence has room for.
    const reason = (error as Error).message.split(/\.?\n/)[0];
    throw new CommandRefused(`${reason}. Usage: ${usageOf(name, command)}`);
  }
}

function usageOf(name: string, { usage }: Command): string {
  return `npm run ledger -- ${name} ${usage} [--json]`.replace('  ', ' ');
}

function helpOf(commands: ReadonlyMap<string, Command>): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'Usage: npm run ledger -- <command> [options] [--json]',
    '',
    ...lines,
    '',
    'They work on DATABASE_URL, or on the ledger in DATA_DIR, whether it runs or not.',
    'Each says more with --help.',
  ].join('\n');
}
