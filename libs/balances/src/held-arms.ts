import {
  formatAccount,
  isOfScope,
  partitionOfHeld,
  type Account,
  type PersonAccount,
} from '#libs/ledger';

/** How many parameters `heldParameters` makes. */
export const HELD_PARAMETERS = 4;

const PERSON = 'person:';

/**
 * In SQL what accounts have set aside at `clock.now`: those of scopes have a row each, pools one in each slot, and a person
 * is the sum of her own row and those of her memberships. What has expired there is not counted out of it yet.
 * @param after the parameters that stand before those of `heldParameters`
 */
export function heldArms(after: number): string {
  const [partitions, names, pools, persons] = [1, 2, 3, 4].map((n) => `$${after + n}`) as [
    string,
    string,
    string,
    string,
  ];
  return `
    union all
    select 'held', due_sums, of_partition, taken::text, of_account, due::text, null, null
    from clock, held_at(${partitions}, ${names}, clock.now)
    union all
    select 'held', due_sums, null, taken::text, of_account, due::text, null, null
    from clock, pool_held_at(${pools}, clock.now)
    union all
    select 'held', 0, null, taken::text, '${PERSON}' || of_person, due::text, null, null
    from clock, person_held_at(${persons}, clock.now)`;
}

export function heldParameters(
  accounts: ReadonlyMap<string, Account>,
  partitions: number,
): unknown[] {
  const heldIn: number[] = [];
  const heldNames: string[] = [];
  const pools: string[] = [];
  const persons: string[] = [];
  for (const [name, account] of accounts) {
    if (isOfScope(account)) {
      heldIn.push(partitionOfHeld(account, partitions));
      heldNames.push(name);
    } else if (account.kind === 'person') persons.push(idInNames(account));
    else pools.push(name);
  }
  return [heldIn, heldNames, pools, persons];
}

/** The id of a person as names of her accounts have it. */
function idInNames(person: PersonAccount): string {
  return formatAccount(person).slice(PERSON.length);
}
