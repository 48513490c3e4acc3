import { parseInstant, type Instant } from '#libs/ledger';
import type { Given } from './command';
import { CommandRefused } from './command-refused';

/** A time that was given with an option; `undefined` where it was not. @throws CommandRefused */
export function givenTime(options: Given['options'], name: string): Instant | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const time = parseInstant(text, `--${name}`);
  if (time.ok) return time.value;
  throw new CommandRefused(`--${name} ${time.errors[0]!.message}, and is "${String(text)}".`);
}
