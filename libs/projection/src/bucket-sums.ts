import type { AccountTables } from './account-tables';

export function bucketColumns({ ids, scoped }: AccountTables): string {
  return ['partition', ...ids, ...(scoped ? ['scope_type'] : []), 'grain', 'starts', 'spent'].join(
    ', ',
  );
}

/**
 * In the order of those columns and of their key, what some entries of the partition $1 come to by the quarter of an hour
 * and by the day. Nothing of zero has a bucket.
 *
 * @param entries a table, or a query in brackets
 */
export function bucketSums({ kind, ids, fed, scoped }: AccountTables, entries: string): string {
  const account = ids.join(', ');
  const columns = scoped ? `${account}, scope_type` : account;
  return `
      select $1::int, ${columns}, case grouping(day) when 0 then 'day' else 'quarter' end as grain,
             coalesce(day, quarter) as starts, sum(amount)
      from (
        select ${columns}, amount, date_bin('15 min', time, '2000-01-01Z') as quarter,
               date_bin('1 day', time, '2000-01-01Z') as day
        from ${fed(kind === 'pool' ? sumsOfLabels(entries) : `(select * from ${entries} entry where amount <> 0)`)}
      ) placed
      group by ${columns}, grouping sets (quarter, day)
      order by ${account}, grain, starts`;
}

/** Many entries have the same labels, or none: they are summed before they are taken apart. */
function sumsOfLabels(entries: string): string {
  return `(
          select labels, date_bin('15 min', time, '2000-01-01Z') as time, sum(amount) as amount
          from ${entries} entry where amount <> 0 group by 1, 2)`;
}
