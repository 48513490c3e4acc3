import type { Given } from './command';
import { CommandRefused } from './command-refused';

/** A whole number that was given with an option. @throws CommandRefused */
export function givenNumber(
  options: Given['options'],
  name: string,
  { least, most, otherwise }: { least: number; most: number; otherwise: number },
): number {
  const text = options[name];
  if (text === undefined) return otherwise;
  const number = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (number >= least && number <= most) return number;
  throw new CommandRefused(
    `--${name} must be a whole number from ${least} to ${most}, and is "${String(text)}".`,
  );
}
