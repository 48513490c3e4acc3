import { formatAccount, type Account, type Labels, type Scope } from '#libs/ledger';
import { Problem } from '#libs/runtime';
import { isBoundToAccounts, permitsScope, permitsSource, permitsTarget } from './bindings';
import { labelsOfCaller } from './bound-labels';
import type { Caller } from './caller';
import type { Role } from './role';

/** What a refusal says of bindings at most. */
const MOST_TOLD = 5;

/** For doors behind which not everything needs the same role. @throws Problem `forbidden`, as all of these */
export function permitRole({ name, roles }: Caller, role: Role): void {
  if (!roles.has(role)) throw forbidden(`${name} lacks the role ${role}.`);
}

/** Recording, checking, holding: in a scope. */
export function permitScope(caller: Caller, scope: Scope): void {
  if (!permitsScope(caller.bindings, scope)) throw otherThanBound(caller);
}

/** @returns the labels that the call is judged by, and those of them that the bindings fill in */
export function permitLabels(
  caller: Caller,
  said: Labels | undefined,
): { readonly labels: Labels | undefined; readonly filledIn: Labels | undefined } {
  const labels = labelsOfCaller(caller.bindings, said);
  if (labels.ok) return labels;
  throw forbidden(
    `${boundTo(caller)}, and may say only labels that are among these: see the label ${labels.name}.`,
  );
}

export function permitSource({ name, bindings }: Caller, source: string): void {
  if (permitsSource(bindings, source)) return;
  throw forbidden(`${name} is bound to the sources ${told(bindings.sources)}.`);
}

/** Reading an account; a list that names none is of all. */
export function permitAccount(caller: Caller, account: Account | string | undefined): void {
  const target = typeof account === 'object' ? formatAccount(account) : account;
  if (target === undefined || target === '') permitAll(caller);
  else if (!permitsTarget(caller.bindings, target)) throw otherThanBound(caller);
}

function permitAll(caller: Caller): void {
  if (!isBoundToAccounts(caller.bindings)) return;
  throw forbidden(`${boundTo(caller)}: say which account.`);
}

/**
 * Something that was found by its id, or not: to a bound caller what he may not see and what is not there are the same.
 * @returns what was found
 */
export function permitFound<T>(
  caller: Caller,
  found: T | undefined,
  isPermitted: (found: T) => boolean,
): T | undefined {
  if (!isBoundToAccounts(caller.bindings)) return found;
  if (found === undefined || !isPermitted(found)) throw otherThanBound(caller);
  return found;
}

/** The refusal of what is outside of a caller's bindings; it says nothing about what that is. */
export function otherThanBound(caller: Caller): Problem {
  return forbidden(`${boundTo(caller)}, and may do nothing elsewhere.`);
}

/** A key of which spends of another owner are on record, and which is not among the bindings. */
export function keyOfAnother(caller: Caller): Problem {
  return forbidden(
    `${boundTo(caller)}, and this key has spends of another owner on record: bind the key as well, or leave it out of the scope.`,
  );
}

const boundTo = ({ name, bindings }: Caller): string =>
  `${name} is bound to ${told(bindings.accounts)}`;

function told(names: readonly string[]): string {
  const more = names.length > MOST_TOLD ? ` and ${names.length - MOST_TOLD} more` : '';
  return `${names.slice(0, MOST_TOLD).join(', ')}${more}`;
}

const forbidden = (detail: string): Problem => new Problem('forbidden', detail);
