import { userInfo } from 'node:os';
import { parseId } from '#libs/ledger';
import type { Given } from './command';
import { CommandRefused } from './command-refused';

/** At whose word: `--by`, or else the name that the operating system has for the user. */
export function givenBy({ by }: Given['options']): string {
  if (by === undefined) return userInfo().username;
  const name = parseId(by, '--by');
  if (name.ok) return name.value;
  throw new CommandRefused(`--by ${name.errors[0]!.message}.`);
}
