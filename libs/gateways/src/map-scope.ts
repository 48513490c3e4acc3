import { parseScope, secretFaults, type FieldError, type Scope } from '#libs/ledger';
import type { CallFacts } from './call-facts';
import type { ScopeRule } from './gateways-file';
import type { BodyValues } from './scan-body';
import { readSource } from './sources';

/** Whose money a call spends; `refused` names the ids that cannot be ids and never says them. */
export type MappedScope =
  | { readonly outcome: 'mapped'; readonly scope: Scope }
  | { readonly outcome: 'unmapped' }
  | { readonly outcome: 'refused'; readonly errors: readonly FieldError[] };

/**
 * The scope by the first rule whose ids are all there. An id that is there and is none, an empty one too, refuses the
 * call: the next rule would charge another account.
 */
export function mapScope(
  rules: readonly ScopeRule[],
  facts: CallFacts,
  body: BodyValues,
): MappedScope {
  for (const rule of rules) {
    const given = idsOf(rule, facts, body);
    if (given === undefined) continue;
    const scope = parseScope(given, 'scope');
    // A secret is told as one, whatever else is wrong with it.
    const secrets = secretFaults(given, 'scope');
    if (secrets.length > 0) return { outcome: 'refused', errors: secrets };
    return scope.ok
      ? { outcome: 'mapped', scope: scope.value }
      : { outcome: 'refused', errors: scope.errors };
  }
  return { outcome: 'unmapped' };
}

/** @returns `undefined`: one that must be there is not */
function idsOf(
  { type, ids }: ScopeRule,
  facts: CallFacts,
  body: BodyValues,
): Record<string, string> | undefined {
  const given: Record<string, string> = { type };
  for (const [name, source] of ids) {
    const value = readSource(source, facts, body);
    if (value !== undefined) given[name] = value;
    else if (!source.isOptional) return undefined;
  }
  return given;
}
