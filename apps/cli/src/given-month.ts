import { monthAt, parseMonth, type FieldError, type Month } from '#libs/ledger';
import type { Given } from './command';
import { CommandRefused } from './command-refused';

type Options = Given['options'];

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

function messageOf(errors: readonly FieldError[]): string {
  return errors[0]!.message;
}
