import { userInfo } from 'node:os';
import {
  parseAccount,
  parseId,
  monthAt,
  parseMonth,
  parseInstant,
  type Account,
  type FieldError,
  type Month,
  type Instant,
} from '#libs/ledger';
import { parseIsoDuration } from '#libs/runtime';
import type { Given } from './command';
import { CommandRefused } from './command-refused';

type Options = Given['options'];

/** An account as it was written. @throws CommandRefused, echoing nothing: it may be a secret */
export function givenAccount(text: string): Account {
  const account = parseAccount(text, 'account');
  if (account.ok) return account.value;
  throw new CommandRefused(`The account ${messageOf(account.errors)}.`);
}

/** At whose word: `--by`, or else the name that the operating system has for the user. */
export function givenBy({ by }: Options): string {
  if (by === undefined) return userInfo().username;
  const name = parseId(by, '--by');
  if (name.ok) return name.value;
  throw new CommandRefused(`--by ${messageOf(name.errors)}.`);
}

/** The zone whose months are meant. @throws CommandRefused */
export function givenZone({ zone = 'UTC' }: Options): string {
  const month = monthAt(0n, zone);
  if (month.ok) return month.value.zone;
  throw new CommandRefused(`--zone ${messageOf(month.errors)}, and is "${String(zone)}".`);
}

/** The month that `--month` names, as `--zone` has it. @throws CommandRefused */
export function givenMonth(options: Options): Month {
  const { month: name } = options;
  const zone = givenZone(options);
  if (name === undefined) throw new CommandRefused('Say which month, such as --month 2026-04.');
  const month = parseMonth(name, zone, '--month');
  if (month.ok) return month.value;
  throw new CommandRefused(`--month ${messageOf(month.errors)}, and is "${String(name)}".`);
}

/** A whole number that was given with an option. @throws CommandRefused */
export function givenNumber(
  options: Options,
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

/** A time that was given with an option; `undefined` where it was not. @throws CommandRefused */
export function givenTime(options: Options, name: string): Instant | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const time = parseInstant(text, `--${name}`);
  if (time.ok) return time.value;
  throw new CommandRefused(`--${name} ${messageOf(time.errors)}, and is "${String(text)}".`);
}

const EXAMPLE = 'PT10S';

/** `--wait`: how long a command waits for the ledger, in milliseconds. @throws CommandRefused */
export function givenWait({ wait = EXAMPLE }: Options): number {
  const waitMs = parseIsoDuration(String(wait));
  if (waitMs !== undefined && waitMs >= 0) return waitMs;
  throw new CommandRefused(
    `--wait must be a duration such as ${EXAMPLE}, and is "${String(wait)}".`,
  );
}

function messageOf(errors: readonly FieldError[]): string {
  return errors[0]!.message;
}
