import { defaultTargetOf, formatInstant, type Account, type Instant } from '#libs/ledger';
import type { PreparedStatement } from '#libs/postgres';
import { storedBounds } from '#libs/wire';
import {
  ACCOUNT_COLUMNS,
  accountArrays,
  countAccountArrays,
  unnestAccounts,
} from './account-columns';
import { HELD_PARAMETERS, heldArms, heldParameters } from './held-arms';
import type { WindowOfAccount } from './snapshot';

/** What is asked of one snapshot. */
export interface SnapshotQuestion {
  /** Whose budgets are asked. */
  readonly accounts: ReadonlyMap<string, Account>;
  /** Those of them whose balances are asked, too. */
  readonly balances: ReadonlyMap<string, Account>;
  readonly partitions: number;
  /** The snapshot's clock shows this or later. */
  readonly floor: Instant | undefined;
  /** Whose sums are to be computed. */
  readonly windows: readonly WindowOfAccount[];
}

export type SnapshotRow = readonly [
  kind: 'clock' | 'fence' | 'account' | 'held' | 'budget' | 'required' | 'sum',
  /** Which of the balances, or of the windows, asked about; of what is held, how many sums of it are due. */
  n: number,
  /** `null`: of a pool, or of a person, that is held in many places. */
  partition: number | null,
  first: string,
  second: string,
  third: string | null,
  fourth: string | null,
  fifth: string | null,
];

/** A number for each account beside its names. */
const NUMBERED = [['n', 'int']] as const;
const WINDOWED = [...NUMBERED, ['since', 'timestamptz'], ['until', 'timestamptz']] as const;
const HELD = countAccountArrays(NUMBERED.length);
const FLOOR = HELD + HELD_PARAMETERS + 1;
const TARGETS = FLOOR + 1;

/**
 * Everything that answers about a set of accounts need, in one statement and so in one snapshot: a check and a balance
 * read at equal position cannot differ, and money is held or spent, never both or neither. Any number of questions share
 * one call. Whatever is asked about is found by its name, one by one (`lateral`, `offset 0`): no plan that was made while
 * a table was small, and is kept, reads it whole.
 */
const READ: PreparedStatement = {
  name: 'read-snapshot',
  text: standingStatement('null') + budgetsInForce() + requiredLabels(),
};

/** Likewise, with sums of any windows out of the buckets. A partition without a balance has no events. */
const READ_WITH_SUMS: PreparedStatement = {
  name: 'read-snapshot-with-sums',
  text: READ.text + sumsOfWindows(TARGETS),
};

/** How far the projection is, what accounts have spent over all time, and what they have set aside. */
const READ_STANDING: PreparedStatement = {
  name: 'read-standing',
  text: standingStatement('known_at::text'),
};

/** @param knownAt what is read of how far the knowledge of a partition reaches: no check asks */
function standingStatement(knownAt: 'known_at::text' | 'null'): string {
  const asked = unnestAccounts(NUMBERED);
  const accounts = ACCOUNT_COLUMNS.flatMap(({ kind, tables }) =>
    tables.map(
      (table) => `
    union all
    select 'account', n, known.*
    from ${asked[kind]} cross join lateral (
      select b.partition, spent::text, unpriced::text, latest_time::text, windows::text, flipped::text
      from ${table.kind}_balance b
      where ${table.found.map((name) => `b.${name} = asked.${name}`).join(' and ')}
      offset 0) known`,
    ),
  );
  return `
    with clock as materialized (select greatest(ledger_now(), $${FLOOR}::timestamptz) as now)
    select 'clock', 0, 0, null, null, now::text, null, null from clock
    union all
    select 'fence', 0, partition, next_offset::text, null, caught_up_at::text, ${knownAt}, null
    from projection_partition
    ${accounts.join('')}
    ${heldArms(HELD)}`;
}

/**
 * The budgets of each target by the index of revisions that count, and what is above each by its key. While the table is
 * empty the index of all revisions looks as good, and a plan that is kept would read former settings, too. The condition
 * in brackets says nothing new. Only the right index makes it free, and so that index is the cheaper one.
 */
function budgetsInForce(): string {
  return `
    union all
    select 'budget', 0, in_force.*, null, null
    from clock cross join unnest($${TARGETS}::text[]) as asked (target) cross join lateral (
      select partition, budget_id, account, definition
      from budget_revision b
      where account = asked.target
        and not superseded and (not superseded or account <> asked.target)
        and (valid_until is null or valid_until > clock.now)
        and not exists (
          select from budget_revision higher
          where higher.partition = b.partition and higher.budget_id = b.budget_id
            and higher.revision > b.revision
            and (higher.valid_until is null or higher.valid_until > clock.now)
          offset 0)
      offset 0) in_force`;
}

/** Of every call they may ask a label that it does not say, so all are read: there are few, in an index of their own. */
function requiredLabels(): string {
  return `
    union all
    select 'required', 0, partition, budget_id, account, definition, null, null
    from budget_revision b, clock
    where requires_label(definition) and not superseded
      and (valid_until is null or valid_until > clock.now)
      and not exists (
        select from budget_revision higher
        where higher.partition = b.partition and higher.budget_id = b.budget_id
          and higher.revision > b.revision
          and (higher.valid_until is null or higher.valid_until > clock.now)
        offset 0)`;
}

function sumsOfWindows(after: number): string {
  const asked = unnestAccounts(WINDOWED, after);
  return ACCOUNT_COLUMNS.flatMap(({ kind, tables }) =>
    tables.map((table) => {
      const account = table.ids.map((id) => `b.${id}`).join(', ');
      return `
    union all
    select 'sum', n, known.*, null, null, null, null
    from ${asked[kind]} cross join lateral (
      select b.partition, ${table.kind}_spent(b.partition, ${account}, since, until)::text
      from ${table.kind}_balance b
      where ${table.found.map((name) => `b.${name} = asked.${name}`).join(' and ')}
      offset 0) known`;
    }),
  ).join('');
}

/** Of whom it is asked, and where they are. */
export type StandingQuestion = Omit<SnapshotQuestion, 'accounts' | 'windows'>;

type Asked = readonly [statement: PreparedStatement, values: readonly unknown[]];

/** The statement that answers a question, and its parameters. */
export function askSnapshot(question: SnapshotQuestion): Asked {
  const { windows, accounts, partitions } = question;
  const targets = new Set<string>();
  for (const [name, account] of accounts) {
    targets.add(name);
    const byDefault = defaultTargetOf(account);
    if (byDefault !== undefined) targets.add(byDefault);
  }
  const parameters = [...standingParameters(question), [...targets]];
  if (windows.length === 0) return [READ, parameters];
  const asked = windows.map(({ account, window }, n) => {
    const { starts, ends } = storedBounds(window);
    return [account, n, starts, ends] as const;
  });
  return [READ_WITH_SUMS, [...parameters, ...accountArrays(asked, WINDOWED.length, partitions)]];
}

/** The same without budgets and their windows. */
export function askStanding(question: StandingQuestion): Asked {
  return [READ_STANDING, standingParameters(question)];
}

function standingParameters({ balances, partitions, floor }: StandingQuestion): unknown[] {
  const asked = [...balances.values()].map((account, n) => [account, n] as const);
  return [
    ...accountArrays(asked, NUMBERED.length, partitions),
    ...heldParameters(balances, partitions),
    floor === undefined ? null : formatInstant(floor),
  ];
}
