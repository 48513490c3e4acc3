import { parseRoles, type NewCredential } from '#libs/access';
import { formatAccount, parseBudgetTarget, parseId, type Account, type Parsed } from '#libs/ledger';
import { parseIsoDuration, printIsoDuration } from '#libs/runtime';
import type { Given } from '../../command';
import { CommandRefused } from '../../command-refused';
import { givenBy } from '../../given';

/** The name a credential has: `--name`, or the word after the step. */
export function givenName({ positionals, options }: Given): string {
  const name = options['name'] ?? positionals[1];
  if (name === undefined) throw new CommandRefused('Say whose it is: --name <name>.');
  return accepted(parseId(name, '--name'));
}

/** What every credential is made with. */
export function givenCredential(given: Given): Omit<NewCredential, 'kind' | 'matches'> {
  const { options } = given;
  return {
    name: givenName(given),
    roles: accepted(parseRoles(options['roles'], '--roles')),
    bindings: { accounts: givenAccounts(options), sources: givenSources(options) },
    by: givenBy(options),
    expiresIn: givenLifetime(options, 'expires'),
  };
}

function givenAccounts(options: Given['options']): readonly string[] {
  const ids = (option: string, accountOf: (id: string) => Account) =>
    listOf(options, option).map((id) =>
      formatAccount(accountOf(accepted(parseId(id, `--${option}`)))),
    );
  const accounts = [
    ...ids('team', (teamId) => ({ kind: 'team', teamId })),
    ...ids('user', (userId) => ({ kind: 'user', userId })),
    ...ids('key', (keyId) => ({ kind: 'key', keyId })),
    ...listOf(options, 'account').map((text) => accepted(parseBudgetTarget(text, '--account'))),
  ];
  return [...new Set(accounts)];
}

export function givenSources(options: Given['options']): readonly string[] {
  return listOf(options, 'source').map((source) => accepted(parseId(source, '--source')));
}

/** ISO 8601, for Postgres to add to its clock. */
export function givenLifetime(options: Given['options'], option: string): string | undefined {
  const text = options[option];
  if (text === undefined) return undefined;
  const ms = typeof text === 'string' ? parseIsoDuration(text) : undefined;
  if (ms !== undefined && ms >= 0) return printIsoDuration(ms);
  throw new CommandRefused(
    `--${option} must be an ISO 8601 duration in days, hours, minutes or seconds, such as P90D or PT1H.`,
  );
}

function listOf(options: Given['options'], option: string): string[] {
  return [options[option] ?? []].flat().map(String);
}

function accepted<T>(reading: Parsed<T>): T {
  if (reading.ok) return reading.value;
  const { field, message } = reading.errors[0]!;
  throw new CommandRefused(`${field} ${message}.`);
}
