import type { Writable } from 'node:stream';
import type { ParseArgsOptionsConfig } from 'node:util';
import type { CliConfig } from './config';
import type { Ledger, Projection } from './open-ledger';

/** An option as it was written; a list where it may stand several times. */
export type GivenOption = string | boolean | readonly (string | boolean)[] | undefined;

/** What a command was given; options by their names. */
export interface Given {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, GivenOption>>;
}

/** What a command works with. */
export interface Cli {
  readonly config: CliConfig;
  /** One line for people on standard output; with `--json` the answer alone goes there. */
  print(text: string): void;
  /** How far a long command is, on standard error. */
  tell(text: string): void;
  /** Where long answers are written; standard output unless given. */
  readonly out?: Writable;
  /** The same where it changes all the time: on a terminal each takes the place of the one before. */
  tellProgress(text: string): void;
  /** The same as `projection`, on a database that may have no ledger yet: it gets one. */
  migrated(): Promise<Projection>;
  /** What was made of the log: enough for what only reads. Opened once, closed by who runs the command. */
  projection(): Promise<Projection>;
  /** With the log. */
  ledger(): Promise<Ledger>;
  /** From now on to be stopped is how the command ends, and no interruption. */
  endsWhenStopped(): void;
  /** The user has asked to stop. */
  readonly stopped: AbortSignal;
}

export interface Command {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What follows the command's name, such as `<account> [--at <time>]`. */
  readonly usage: string;
  /** Beside `--json` and `--help`, which every command has. */
  readonly options?: ParseArgsOptionsConfig;
  /** How many words it takes beside its options. */
  readonly positionals: { readonly least: number; readonly most: number };
  /** @returns the exit status: 0, or 1 where the answer is a bad one */
  run(given: Given, cli: Cli): Promise<number>;
}
