import {
  labelOfDefault,
  labelsInOrder,
  MOST_LABELS,
  parseAccount,
  type Labels,
} from '#libs/ledger';
import { isBoundToAccounts, type Bindings } from './bindings';

/** What a bound caller may say of a label; `any`: each value. */
type Bound = ReadonlyMap<string, 'any' | ReadonlySet<string>>;

/** A call's labels, with those that the caller's bindings fill in; or what of them is not the caller's to say, or to leave out. */
export type LabelsOfCaller =
  | {
      readonly ok: true;
      readonly labels: Labels | undefined;
      readonly filledIn: Labels | undefined;
    }
  | { readonly ok: false; readonly name: string };

/**
 * Who is bound to anything says only labels that are among the bindings. A name that is bound to values must have one of
 * them: where there is one and the call says none, it is filled in.
 */
export function labelsOfCaller(bindings: Bindings, said: Labels | undefined): LabelsOfCaller {
  if (!isBoundToAccounts(bindings)) return { ok: true, labels: said, filledIn: undefined };
  const bound = boundLabels(bindings);
  for (const [name, value] of said ?? []) {
    const values = bound.get(name);
    if (values !== 'any' && values?.has(value) !== true) return { ok: false, name };
  }
  const filledIn = new Map<string, string>();
  for (const [name, values] of bound) {
    if (values === 'any' || said?.has(name) === true) continue;
    const [value, ...others] = values;
    if (others.length > 0) return { ok: false, name };
    filledIn.set(name, value!);
  }
  // A call with so many could never be settled: its record may not have them.
  if ((said?.size ?? 0) + filledIn.size > MOST_LABELS) {
    return { ok: false, name: [...filledIn.keys()].at(-1)! };
  }
  if (filledIn.size === 0) return { ok: true, labels: said, filledIn: undefined };
  return {
    ok: true,
    labels: labelsInOrder([...(said ?? []), ...filledIn]),
    filledIn: labelsInOrder(filledIn),
  };
}

function boundLabels({ accounts }: Bindings): Bound {
  const bound = new Map<string, 'any' | Set<string>>();
  for (const target of accounts) {
    const name = labelOfDefault(target);
    if (name !== undefined) bound.set(name, 'any');
    const account = target.startsWith('label:') ? parseAccount(target, 'account') : undefined;
    if (account?.ok !== true || account.value.kind !== 'label') continue;
    const known = bound.get(account.value.name) ?? new Set<string>();
    if (known !== 'any') bound.set(account.value.name, known.add(account.value.value));
  }
  return bound;
}
