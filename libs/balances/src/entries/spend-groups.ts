import { sql, type RawBuilder } from 'kysely';
import {
  formatInstant,
  isLabelName,
  MOST_LABELS,
  parsed,
  refused,
  type NamedWindow,
  type Parsed,
} from '#libs/ledger';

type NamedGroup =
  'account' | 'team' | 'member' | 'user' | 'key' | 'model' | 'source' | 'day' | 'month';
type LabelGroup = `label:${string}`;
/** By what spend is summed. */
export type SpendGroup = NamedGroup | LabelGroup;

/**
 * Of an entry on `spend_event entry`. One entry feeds several accounts, so `account` is its owner's, the team, the user or
 * the unowned key: groups then add up to the whole. A correction has what its spend has, the source too.
 */
const VALUES: Readonly<Record<NamedGroup, (names: NamesOf) => RawBuilder<string | null>>> = {
  account: () => sql`entry.scope_type || ':' || ${escaped(owner())}`,
  team: () => sql`entry.team_id`,
  // Null where no team paid, or the call named no user.
  member: () => sql`case when entry.scope_type = 'team' then
    'member:' || ${escaped(sql`entry.team_id`)} || '/' || ${escaped(sql`entry.user_id`)} end`,
  user: () => sql`entry.user_id`,
  key: () => sql`entry.key_id`,
  model: () => sql`entry.model`,
  source: () => sql`case when entry.adjusts_key is null then entry.source else (
    select spend.source from spend_event spend
    where spend.partition = entry.partition and spend.event_key = entry.adjusts_key) end`,
  day: ({ day }) => nameAtTime(day),
  month: ({ month }) => nameAtTime(month),
};
const GROUPS = Object.keys(VALUES) as readonly NamedGroup[];
const LABEL = 'label:';

export function parseGroupBy(value: unknown, field: string): Parsed<readonly SpendGroup[]> {
  const given = typeof value === 'string' && value !== '' ? value.split(',') : [];
  const groups = given.filter((name) => isNamed(name) || isOfLabel(name));
  const isKnown = groups.length > 0 && groups.length === given.length;
  if (!isKnown || new Set(given).size < given.length) {
    const all = [...GROUPS, 'label:<name>'].join(', ');
    return refused(field, 'one_of', `must be one or several, with commas, of ${all}`);
  }
  return groups.filter(isOfLabel).length > MOST_LABELS
    ? refused(field, 'max_members', `must have at most ${MOST_LABELS} labels`)
    : parsed(groups);
}

const isNamed = (name: string): name is NamedGroup => Object.hasOwn(VALUES, name);

function isOfLabel(name: string): name is LabelGroup {
  return name.startsWith(LABEL) && isLabelName(name.slice(LABEL.length));
}

/** The windows of each unit that spend is summed by. */
export type NamesOf = Readonly<Partial<Record<TimeUnit, readonly NamedWindow[]>>>;

export type TimeUnit = NamedGroup & ('day' | 'month');

export function groupValue(group: SpendGroup, names: NamesOf): RawBuilder<string | null> {
  return isNamed(group)
    ? VALUES[group](names)
    : sql`entry.labels ->> ${group.slice(LABEL.length)}::text`;
}

/**
 * The name of the last window that begins up to the time of an entry. Postgres is given instants and never the name of
 * a zone: its time-zone data may be others than those that the windows of budgets are made of.
 */
function nameAtTime(windows: readonly NamedWindow[] = []): RawBuilder<string | null> {
  const starts = windows.map(({ window: { start } }) =>
    start === null ? '-infinity' : formatInstant(start),
  );
  const names = windows.map(({ name }) => name);
  return sql`(${names}::text[])[width_bucket(entry.time, ${starts}::timestamptz[])]`;
}

/** An id as it stands in an account's name. */
function escaped(id: RawBuilder<unknown>): RawBuilder<string> {
  return sql`case when ${id} = '*' then '%2A'
    else replace(replace(${id}, '%', '%25'), '/', '%2F') end`;
}

function owner(): RawBuilder<string> {
  return sql`case entry.scope_type
    when 'team' then entry.team_id when 'user' then entry.user_id else entry.key_id end`;
}
