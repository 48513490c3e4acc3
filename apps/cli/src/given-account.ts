import { parseAccount, type Account } from '#libs/ledger';
import { CommandRefused } from './command-refused';

/** An account as it was written. @throws CommandRefused, echoing nothing: it may be a secret */
export function givenAccount(text: string): Account {
  const account = parseAccount(text, 'account');
  if (account.ok) return account.value;
  throw new CommandRefused(`The account ${account.errors[0]!.message}.`);
}
